"""Texts of cells that would run in a page that shows them."""

from class_tools import cell, code, solved

# each pushes its name when it runs; some need a click
VECTORS = {
    "script": "<script>RUN</script>",
    "picture": '<img src="x" onerror="RUN">',
    "svg": '<svg onload="RUN"></svg>',
    "link": '<a href="javascript:RUN">click</a>',
    "link in Markdown": "[click](javascript:RUN)",
    "link with a tab in it": '<a href="java&#9;script:RUN">click</a>',
    "frame": '<iframe srcdoc="<script>parent.RUN</script>"></iframe>',
    "frame of a link": '<iframe src="javascript:parent.RUN"></iframe>',
    "fold": '<details open ontoggle="RUN"><summary>more</summary></details>',
    "focus": '<input autofocus onfocus="RUN">',
    "video": '<video><source onerror="RUN"></video>',
    "form": '<form action="javascript:RUN"><button>click</button></form>',
    "formula in MathML": '<math><maction xlink:href="javascript:RUN">click</maction></math>',
    "link in SVG": '<svg><a xlink:href="javascript:RUN"><text y="20">click</text></a></svg>',
    "animation": '<svg><animate onbegin="RUN" attributeName="x" dur="1s"></animate></svg>',
    "style": '<style>@keyframes x{}</style><p style="animation-name:x" onanimationstart="RUN">x</p>',
    "marquee": '<marquee onstart="RUN">x</marquee>',
    "body": '<body onpageshow="RUN">',
    "two parsers": '<noscript><p title="</noscript><img src=x onerror=RUN>"></noscript>',
    "a style that ends elsewhere": (
        "<math><mtext><table><mglyph><style><!--</style>"
        '<img title="--&gt;&lt;img src=x onerror=RUN&gt;"></style></mglyph></table></mtext></math>'
    ),
    "picture in Markdown": '![x](x" onerror="RUN)',
    "formula": "$a<img src=x onerror=RUN>b$",
    "object": '<object data="x" onerror="RUN"></object>',
}
ATTACHED, PROVED, NAMED, PRINTED, CODED = "attachment", "answer by hand", "file name", "output", "code"
RAW = "formgrader-s-own-field"
# what nbconvert or today's Chromium stops by itself
NEVER = {
    "a style that ends elsewhere",
    "formula",
    "formula in MathML",
    "link in Markdown",
    "marquee",
    "picture in Markdown",
    "two parsers",
}


def ran(name):
    return f"(window.ran||parent.ran).push('{name}')"


def armed(name):
    return VECTORS[name].replace("parent.RUN", f"parent.ran.push('{name}')").replace("RUN", ran(name))


def text(source, **more):
    return {"cell_type": "markdown", "metadata": {}, "source": source, **more}


def hostile():
    nb = solved()
    nb["cells"] += [text(armed(name)) for name in VECTORS]
    attached = {"a.png": {f'image/png" onerror="{ran(ATTACHED)}" x="': "x"}}
    nb["cells"].append(text("![](attachment:a.png)", attachments=attached))
    picture = f'<img src="x" onerror="{ran(PROVED)}">'
    raw = f'<b id="{RAW}">$a<b$</b>'
    nb["cells"].append({"cell_type": "raw", "metadata": {}, "source": raw})
    cell(nb, "proof")["source"] = f"By induction. {picture}"
    nb["cells"].append(
        code(f"# <img src=x onerror={ran(CODED)}>\nprint('<img src=x onerror={ran(PRINTED)}>')")
    )
    return nb
