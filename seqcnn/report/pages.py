"""Where the pages' templates are found, and how numbers are written in them."""

import jinja2

from seqcnn.report import words


def template(name: str) -> jinja2.Template:
    """A template of `templates/`; what it is given is escaped, and must be all that it names."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("seqcnn.report", "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    for word in ("decimal", "plain", "whole", "percent", "size", "duration", "signed"):
        environment.filters[word] = getattr(words, word)
    return environment.get_template(name)
