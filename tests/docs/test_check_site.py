"""What leads nowhere in a built site, or would be loaded from the network, is found."""

from pathlib import Path

import pytest

from docs_build.check_site import check_site


def findings(folder: Path, body: str) -> list[str]:
    (folder / "sub").mkdir()
    (folder / "sub" / "other.html").write_text('<h1 id="there">x</h1>')
    (folder / "picture.png").write_bytes(b"")
    (folder / "index.html").write_text(f'<html><body id="top">{body}</body></html>')
    return check_site(folder).findings


@pytest.mark.parametrize(
    ("planted", "found"),
    [
        ('<a href="gone.html">x</a>', "index.html: leads to gone.html, which is not there"),
        (
            '<a href="sub/other.html#gone">x</a>',
            "index.html: leads to sub/other.html#gone, but that page has no such anchor",
        ),
        (
            '<a href="#gone">x</a>',
            "index.html: leads to index.html#gone, but that page has no such anchor",
        ),
        ('<img src="gone.png">', "index.html: leads to gone.png, which is not there"),
        (
            '<script src="https://cdn.example.org/a.js"></script>',
            "index.html: loads https://cdn.example.org/a.js from the network",
        ),
        (
            '<link rel="stylesheet" href="//fonts.example.org/b.css">',
            "index.html: loads //fonts.example.org/b.css from the network",
        ),
    ],
)
def test_planted_fault_is_found(tmp_path: Path, planted: str, found: str) -> None:
    assert findings(tmp_path, planted) == [found]


def test_style_that_loads_a_font_from_the_network_is_found(tmp_path: Path) -> None:
    (tmp_path / "a.css").write_text('@font-face { src: url("https://fonts.example.org/c.woff") }')
    assert findings(tmp_path, "") == [
        "a.css: loads https://fonts.example.org/c.woff from the network"
    ]


def test_what_is_there_is_no_finding(tmp_path: Path) -> None:
    body = (
        '<a href="sub/other.html#there">x</a><a href="sub/other.html">x</a><a href="#top">x</a>'
        '<img src="picture.png"><img src="data:image/png;base64,AA"><a href="mailto:a@b.c">x</a>'
    )
    assert findings(tmp_path, body) == []


def test_addresses_of_other_sites_are_listed_not_followed(tmp_path: Path) -> None:
    findings(tmp_path, '<a href="https://example.org/b">x</a><a href="https://example.org/a">x</a>')
    assert check_site(tmp_path).outside == ["https://example.org/a", "https://example.org/b"]


def test_fault_of_many_pages_is_one_line(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        (tmp_path / f"{name}.html").write_text('<a href="gone.html">x</a>')
    assert check_site(tmp_path).findings == [
        "a.html and 2 more pages: leads to gone.html, which is not there"
    ]
