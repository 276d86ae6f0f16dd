"""Templates lose their indentation, and nothing else."""

from jinja2 import Environment

from app.web.unindented import Unindented


def rendered(source: str, **values: object) -> str:
    return Environment(extensions=[Unindented], autoescape=True).from_string(source).render(values)


def test_neither_words_nor_attributes_grow_together():
    source = """<p>
      <b>one</b>
      {% if yes %}
        <i>two</i>
      {% endif %}
      three{% if yes %} four{% endif %}
      five
    </p>
    <input {% if yes %}required{% endif %}
           {% if yes %}checked{% endif %}>"""
    full, empty = (" ".join(rendered(source, yes=yes).split()) for yes in (True, False))
    assert full == "<p> <b>one</b> <i>two</i> three four five </p> <input required checked>"
    assert empty == "<p> <b>one</b> three five </p> <input >"


def test_values_keep_their_lines_and_spaces():
    assert rendered("  <pre>{{ text }}</pre>", text="a\n    b\n  c") == "<pre>a\n    b\n  c</pre>"


def test_the_lines_of_templates_are_not_sent():
    assert rendered("<ul>\n  {% for each in 'ab' %}\n    <li>\n  {% endfor %}\n</ul>") == (
        "<ul>\n<li>\n<li>\n</ul>"
    )
