"""Names that people may give to runs and files, and that something on the way to their eyes may take for more."""

NAMES = (
    *("team:red", "12:30:45", "::note", ":a:b:c:", "x :y: z", "a:"),  # colons
    *(":smile:", ":+1:", ":streamlit:", ":material/home:", ":material_home:"),  # pictures
    *(":red[hot]", ":red-badge[a]", ':color[x]{foreground="red"}', ":help[x]"),  # directives of Streamlit
    *("a -> b", "<-", "a <-> b", "a -- b", ">= 5", "x <= y", "~= z", "a->b"),  # arrows
    *("&lt;", "&amp;amp;", "&#58;x", "&copy"),  # entities
    *("$a$", "$$b$$", "a $5 and $6", "\\$c$"),  # LaTeX
    *("**b**", "_i_ __j__", "a_b_c", "`c`", "~~s~~", "H~2~O", "[a](http://b.c)", "![a](b)", "[^1]", "[x]: y"),
    *("# head", "- x", "+ x", "> q", "1. x", "10) y", "---", "===", "| a | b |", "- [x] z", "```"),  # at a beginning
    *("<b>b</b>", "<script>alert(1)</script>", "<!-- c -->", "a<br>b"),  # HTML
    *("http://a.bc/d", "WWW.example.com", "me@example.com", "<http://a.b>"),  # links
    *("C:\\new\\", "\\*", "'q' \"r\"", "%{x} %d {y}"),
    *("👩\u200d🔬 🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", "می\u200cخواهم", "עברית (2)"),
    *("汉字，测试。", "नमस्ते", "x̂ q̃", "m" * 60),
)
