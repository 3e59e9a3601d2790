"""Which figures the page shows of classes and images: confusion, mistakes, kernels."""

from seqcnn.report import pixels
from seqcnn.report.confusion import confusion_matrix
from seqcnn.report.embed import image_uri
from seqcnn.report.figures import Picture
from seqcnn.report.records import ReportData
from seqcnn.report.words import NO_BREAK, percent

MOST_CLASSES = 30  # of a matrix that can be read
MOST_MISTAKES = 20
MOST_PIXELS = 112  # on a side of an image in the page
_CRISP = 64  # pixels on a side below which an image is shown pixel by pixel


def confusion_pictures(data: ReportData) -> list[Picture]:
    """The matrix of true and called classes, where these are few enough to read it."""
    if data.confusion is None or len(data.confusion) > MOST_CLASSES:
        return []
    figure = confusion_matrix(data.confusion, data.outputs)
    note = f"test {data.nouns.examples} of the row's class that were called the column's"
    return [Picture(image_uri(figure), "Confusion matrix", note, "Confusion matrix in counts")]


def mistake_pictures(data: ReportData) -> list[Picture]:
    """The wrongly called images as they are, large ones scaled down."""
    shown = []
    for item in data.mistakes[:MOST_MISTAKES]:
        small = item.pixels if item.sheet else pixels.shrunk(item.pixels, MOST_PIXELS)
        given, own = (percent(p).replace(" ", NO_BREAK) for p in (item.probability, item.own))
        note = f"truly {item.true}, {own}\n{item.name}"
        alt = f"Image of {item.true}, called {item.called}"
        name = f"called {item.called}, {given}"
        shown.append(
            Picture(
                pixels.png_uri(small),
                name,
                note,
                alt,
                crisp=item.sheet or max(small.shape) < _CRISP,
            )
        )
    return shown


def kernel_picture(data: ReportData) -> Picture | None:
    """All kernels of the first layer on one sheet."""
    if data.kernels is None or not len(data.kernels.pictures):
        return None
    count, height, width, _ = data.kernels.pictures.shape
    of = f" of {data.kernels.total}" if data.kernels.total > count else ""
    name = f"{count}{of} kernels of {height} x {width} pixels"
    sheet = pixels.kernel_sheet(data.kernels.pictures)
    return Picture(pixels.png_uri(sheet), name, "", f"Pictures of {name}", crisp=True)
