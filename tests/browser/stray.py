"""What a browser has made of texts that is more than text, and what is seen of them."""

import bisect
import re
from urllib.parse import urlsplit

from imgrec.datasets import DATASETS

COUNT = "window.ranTimes = 0; window.ran = () => { window.ranTimes += 1; };"

LINKED = {
    urlsplit(address).hostname
    for each in DATASETS.values()
    for address in re.findall(r"https?://[^)\s]+", f"{each.source} {each.licence}")
}

STRAY = """(linked) => {
  const found = [];
  const names = /^(href|xlink:href|src|srcset|action|formaction|poster|data|background|style|content)$/i;
  const tags = /^(iframe|object|embed|base|marquee|math|video|audio)$/i;
  const here = location.hostname;
  const look = (root) => root.querySelectorAll("*").forEach((element) => {
    if (element.shadowRoot) look(element.shadowRoot);
    const tag = element.localName;
    if (tags.test(tag)) found.push(tag);
    if (element.classList.contains("katex")) found.push(`katex ${element.textContent.slice(0, 60)}`);
    for (const { name, value } of element.attributes) {
      if (/^on/i.test(name)) found.push(`${tag} ${name}`);
      if (!names.test(name)) continue;
      const foreign = /evil\\.example|^\\s*(java|vb)script:|^data:text/i;
      if (foreign.test(value)) found.push(`${tag} ${name} ${value.slice(0, 90)}`);
    }
    if (tag === "a") {
      const to = new URL(element.href?.baseVal ?? element.href, document.baseURI);
      if (to.protocol !== "http:" && to.protocol !== "https:") found.push(`a to ${to}`);
      else if (to.hostname !== here && !linked.includes(to.hostname)) found.push(`a to ${to}`);
    }
    if (tag === "img" && !/^(data:image|blob:)/.test(element.src) && new URL(element.src).hostname !== here) {
      found.push(`img ${element.src.slice(0, 90)}`);
    }
    if (tag === "script" && !element.src && /ran\\(/.test(element.textContent)) found.push("script");
  });
  look(document);
  return found;
}"""


def letters(text: str) -> str:
    """Return what is seen of a text, without the spaces between: browsers and Markdown break lines as they like."""
    return "".join(letter for letter in text if letter.isprintable() and not letter.isspace() and letter != "�")


def missing(texts: list[str], shown: list[str]) -> list[str]:
    """Return what does not stand letter by letter in any of the texts shown, from the first letter that does not."""
    seen = "\0".join(map(letters, shown))
    return [_rest(letters(text), seen) for text in texts if letters(text) not in seen]


def _rest(text: str, seen: str) -> str:
    return text[bisect.bisect_left(range(len(text)), True, key=lambda end: text[:end] not in seen) - 1 :][:90]
