"""Whether a piece of HTML is sound: tags closed in order, folds closed, headers with a scope."""

from html.parser import HTMLParser


class Page(HTMLParser):
    """What is wrong with a piece of HTML, and its tables' cells."""

    def __init__(self, html):
        super().__init__()
        self.open, self.faults, self.folds = [], [], 0
        self.feed(html)
        self.close()
        self.faults += [f"{tag} is not closed" for tag in self.open]

    def handle_starttag(self, tag, attributes):
        self.open.append(tag)
        if tag == "th" and "scope" not in dict(attributes):
            self.faults.append("a table header without scope")
        if tag == "details":
            self.folds += 1
            if "open" in dict(attributes):
                self.faults.append("a fold is open")

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"{tag} is closed in the wrong place")


def assert_sound(html):
    assert Page(html).faults == []
