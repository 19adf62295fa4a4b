"""A page is cut so that a policy without exceptions shows it whole."""

import folium
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldops.errors import SetupError
from fieldops.maps.documents import cut, file_name

PREFIX = "/insinyur/peta/"


def page(body: str) -> str:
    head = "<meta name='viewport' content='user-scalable=no'>"
    return f"<!DOCTYPE html><html><head>{head}</head><body>{body}</body></html>"


def test_scripts_and_styles_become_files_in_their_order() -> None:
    document = cut(
        page(
            "<style>a { color: red }</style><script>one()</script><p>&lt;b&gt; &#233;</p>"
            "<script>two()</script>"
        ),
        PREFIX,
    )
    assert [document.files[name] for name in document.files] == ["a { color: red }", "one()", "two()"]
    assert document.page.index(file_name("one()", "js")) < document.page.index(file_name("two()", "js"))
    assert "one()" not in document.page
    assert "<style" not in document.page
    assert "<p>&lt;b&gt; &#233;</p>" in document.page


def test_a_style_attribute_becomes_a_class() -> None:
    document = cut(page('<div class="x" style="width: 50%">a</div><div style="width: 50%">b</div>'), PREFIX)
    (name,) = document.files
    held = document.files[name]
    assert "style=" not in document.page
    assert document.page.count(held.split()[0].removeprefix(".")) == 2
    assert "{ width: 50% }" in held


def test_the_head_says_language_theme_and_lets_readers_zoom() -> None:
    document = cut(page(""), PREFIX, language="id", theme="sun", title="Peta <1>")
    assert '<html lang="id" data-theme="sun">' in document.page
    assert "<title>Peta &lt;1&gt;</title>" in document.page
    assert "user-scalable" not in document.page


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ('<a onclick="x()">a</a>', "onclick"),
        ('<script src="https://cdn.example/x.js"></script>', "cdn.example"),
        ('<img src="//cdn.example/x.png">', "cdn.example"),
        ("<style>@import url(https://fonts.example/a.css)</style>", "fonts.example"),
        ("<script>x = '<p style=\"color: red\">'</script>", "style attribute"),
    ],
)
def test_what_the_browser_would_refuse_is_refused_here(body: str, why: str) -> None:
    with pytest.raises(SetupError, match=why):
        cut(page(body), PREFIX)


def test_a_folium_map_with_a_popup_of_raw_markup_is_refused() -> None:
    drawn = folium.Map(location=[-7.56, 110.82], tiles=None)
    folium.Marker([-7.56, 110.82], popup="<b>words</b>").add_to(drawn)
    with pytest.raises(SetupError, match="style attribute"):
        cut(drawn.get_root().render(), PREFIX)


@given(st.text(alphabet=st.characters(blacklist_characters="<>", blacklist_categories=("Cs",)), max_size=60))
def test_a_name_depends_on_content_alone(content: str) -> None:
    assert file_name(content, "js") == file_name(content, "js")
    assert file_name(content, "js") != file_name(content + " ", "js")
