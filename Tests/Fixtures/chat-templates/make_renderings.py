"""Writes renderings.json: what transformers' chat templates (jinja2) make of small templates.

    python make_renderings.py >renderings.json

Recorded with transformers 5.24 and jinja2 3.1.6. Each entry has a template, its variables, and "text" or "fails".
"""

import json
import sys

from transformers.utils import chat_template_utils


class FixedDate(chat_template_utils.datetime):
    @classmethod
    def now(cls, tz=None):
        return cls(2026, 3, 7, 9, 5, 3)


chat_template_utils.datetime = FixedDate

MESSAGES = [
    {"role": "system", "content": " Be brief.\n"},
    {"role": "user", "content": "Hi <b>&'\"é😀e\u0301"},
    {"role": "assistant", "content": "<think>x</think>\nHello", "tool_calls": [{"name": "f", "arguments": {"a": 1, "b": [True, None, 1.5]}}]},
    {"role": "user", "content": ""},
]

VALUES = {
    "messages": MESSAGES, "tools": None, "add_generation_prompt": True, "n": 5, "x": 2.5, "s": "Hello World", "e": "",
    "u": "ÄßΣ ΑΣ ﬁ ǆ", "l": [3, 1, 2], "d": {"b": 1, "a": {"c": "v"}, "items": 3}, "w": " \t a b\u00a0\n", "deep": [[1, [2, [3]]]],
    "people": [{"name": "bob", "age": 3}, {"name": "Al", "age": None}, {"name": "cy"}],
}

EXPRESSIONS = """
1 + 2 * 3 - 4 / 2
7 // 2, -7 // 2, 7 % 3, -7 % 3, 7 % -3, 2 ** 3, 2 ** -1, -2 ** 2, 2 ** 3 ** 2
7.5 // 2, -7.5 % 2, 1 / 3, 10 / 2, 1e16, 1e15, 1.5e-5, 0.0001, 1e22, 123456789.123, 100000000000000000.0, -0.0
true + true, true == 1, 1 == 1.0, '1' == 1, none == false, [] == (), [1] == [1.0]
1_000, 0x1F, 0b101, 0o17, 1.5, 1e3, 00
1 / 0
1 + 'a'
'a' + 'b' ~ 1 ~ none ~ true ~ [1, 'a'] ~ x
'a' 'b' "c"
'a\\nb\\t\\x41\\u00e9\\'\\"\\\\\\d'
'a' * 3, [1, 2] * 2, (1,) * 2, 2 * 'xy', 'a' * -1
1 < 2 < 3, 1 < 3 < 2, 'a' < 'b', 'é' > 'z', [1, 2] < [1, 3], (1,) < (1, 2)
1 < 'a'
none < 1
'a' in 'abc', 1 in [1, 2], 'b' in d, 2 in d, 'x' not in 'abc', missing in [1], 'a' in missing
1 in 'abc'
1 in none
not 1, not '', not not [0], 1 and 0, '' or 'x', 0 or none, 'a' and missing
missing
missing.a
missing + 1
missing == missing, missing == none, missing is defined, missing is undefined, missing | default('z'), missing ~ 'a', [missing], missing | length
missing()
d.a.c, d['a']['c'], d.a.z, d['z'], d.get('z'), d.get('b', 9), d.get('z', 9), d.items is callable, d['items']
d.z.y
l[0], l[-1], l[9], l[1:], l[::-1], l[-2:], l[:-1], l[5:], l[::2], l[2:0:-1]
s[0], s[-1], s[1:4], s[::-1], s[::2], s[99], u[0], u[1:3], u[::-1], u | length
'😀e\u0301x'[0], '😀e\u0301x'[1:], ('😀e\u0301x' | length), '😀e\u0301x' | list
s.upper(), s.lower(), s.title(), s.capitalize(), s.swapcase(), u.upper(), u.lower(), u.title(), u.capitalize(), "it's o'neil x-y".title()
u | upper, u | lower, 'äß ǆ' | title, u | capitalize, "it's o'neil x-y (z" | title
w.strip(), w.lstrip(), w.rstrip(), 'xxaxx'.strip('x'), 'xyaxy'.strip('yx'), w | trim, 'xaх' | trim('x'), 'abc'.rstrip('bc')
'a,b,,c'.split(','), 'a,b,c'.split(',', 1), ' a  b '.split(), 'a b c'.split(none, 1), ' a b c '.rsplit(none, 1), 'a,b,c'.rsplit(',', 1), ''.split(), ''.split(',')
'a'.split('')
'a\\nb\\r\\nc\\rd\\x0be'.splitlines(), 'a\\n'.splitlines(), 'a\\nb\\n'.splitlines(true), ''.splitlines()
'aXbX'.replace('X', 'yy'), 'aaa'.replace('a', 'b', 2), 'ab'.replace('', '-'), s | replace('l', 'L'), s | replace('l', 'L', 1), 5 | replace('5', 6)
s.startswith('He'), s.endswith('d'), s.startswith(('x', 'H')), s.startswith('e', 1), s.find('o'), s.rfind('o'), s.find('zz'), s.index('W'), s.count('l'), s.count('')
s.index('q')
s.partition(' '), s.rpartition('o'), s.partition('q'), s.removeprefix('Hello '), s.removesuffix('World'), s.removeprefix('x')
'7'.zfill(3), '-7'.zfill(4), 'a'.center(4, '*'), 'ab'.center(5), 'a'.ljust(3) ~ '|', 'a'.rjust(3)
'12'.isdigit(), '²'.isdigit(), 'a1'.isalnum(), ' '.isspace(), ''.isalpha(), 'AB1'.isupper(), 'ab'.islower(), 'Ab Cd'.istitle(), 'é'.isalpha(), 'é'.isascii(), 'a b'.isidentifier()
', '.join(['a', 'b']), ''.join('abc'), '-'.join(d)
', '.join([1])
s.nothing
s.nothing()
l.append(4)
d.update({})
d.pop
l.count(1), l.index(2), (1, 2).count(1)
l.index(7)
d.keys() | list, d.values() | list, d | list, d | dictsort, d | items | list
d.items(), d.keys()
'%s is %d and %.2f%% %5s|%-5s|%05d|%x|%r|%+d' % ('a', 7, 1.005, 'b', 'c', 42, 255, 'q', 3)
'%(a)s' % {'a': 1}, '%s' % 'x', '%s' % [1], '%%' % ()
'%s %s' % 'a'
'%d' % 'a'
'x' % 1
'{} {}'.format(1, 2), '{0} {1} {name} {{}} {2[0]} {d[a][c]}'.format(1, 2.0, [9], name='n', d=d), '{:>5}|{:<5}|{:^5}|{:05d}|{:.2f}|{:,}|{!r}|{:*^7}'.format('a', 'b', 'c', 42, 1.005, 1234567, 'q', 'mid')
'{}'.format()
'%s-%s' | format('a', 1), '%(k)s' | format(k='v')
[1, 'a', none, true, 1.0, {'k': (1,)}, (), (1, 2), [], {}, "it's", 'q"', "both'\\"", 'n\\n\\x00é\u200b']
none, true, false, 1.0, 1e100
x | int, '42' | int, '42.7' | int, 'z' | int, 'z' | int(7), '0x1f' | int(0, 16), ' 5 ' | int, none | int, true | int, '1_0' | int, -7.9 | int
'3.5' | float, 'z' | float, 'z' | float(1.5), 2 | float, '1e3' | float, 'inf' | float
2.5 | round, 3.5 | round, 2.675 | round(2), 7 | round, 2.4 | round(0, 'ceil'), 2.6 | round(0, 'floor'), 1234.5 | round(-2), 15 | round(-1)
-3 | abs, -2.5 | abs
'a' | abs
l | sort, l | sort(reverse=true), ['b', 'A', 'c'] | sort, ['b', 'A', 'c'] | sort(case_sensitive=true), people | sort(attribute='name') | map(attribute='name') | list
[1, 'a'] | sort
l | min, l | max, l | sum, [] | min, ['b', 'A'] | max, people | sum(attribute='age', start=1)
[] | sum, [1.5, 2] | sum
l | first, l | last, [] | first, 'abc' | first, 'abc' | last, '' | first, l | length, d | count, d | last
5 | length
l | reverse | list, 'abé' | reverse, l | join(', '), 'abc' | join('-'), people | join('+', attribute='name')
l | map('string') | list, ['a'] | map('upper') | join, people | map(attribute='age') | list, people | map(attribute='age', default=0) | list, l | map('int') | sum, ['a b'] | map('replace', 'a', 'c') | list
l | select('odd') | list, l | reject('odd') | list, l | select('>', 1) | list, l | select | list, people | selectattr('age') | list, people | selectattr('age', 'defined') | map(attribute='name') | list, people | rejectattr('age', 'none') | map(attribute='name') | list, people | selectattr('name', 'in', ['bob', 'cy']) | list | length
messages | selectattr('role', 'equalto', 'user') | list | last
['a', 'A', 'b', 'a'] | unique | list, [1, 1.0, true, 2] | unique | list, [{}] | unique | list
l | batch(2) | list, l | batch(2, 0) | list, l | slice(2) | list, l | slice(2, 'x') | list
people | groupby('name') | map('first') | list
deep[0][1][1][0], deep.0.1.0
'a\\nb\\n\\nc' | indent, 'a\\nb' | indent(2, true), 'a\\n\\nb' | indent(1, blank=true), 'a\\nb' | indent('> '), '' | indent, 'a\\n' | indent
'hello big world here' | truncate(11), 'hello big world here' | truncate(11, true), 'short' | truncate(3, leeway=5)
'<a href="x">&\\'' | e
s | safe ~ ('one two, three' | wordcount)
d | tojson, messages[2].tool_calls | tojson, d | tojson(indent=2), l | tojson(separators=(',', ':')), {'b': 1, 'a': 2} | tojson(sort_keys=true), 'é"\\\\/\\n\\x01\\x7f😀' | tojson, 'é😀' | tojson(ensure_ascii=true), [] | tojson(indent=2), {} | tojson(indent=1), {1: 2, none: 3, true: 4, 1.5: 5} | tojson, (1, 2) | tojson, 1.0 | tojson, 1e20 | tojson, deep | tojson(indent=1), [[], {}] | tojson(indent=4)
missing | tojson
range | tojson
range(3) | list, range(1, 10, 3) | list, range(5, 0, -2) | list, range(3), range(0) | length, range(5)[1], 3 in range(5), range(3) == range(3)
range(100001)
range(1, 2, 0)
dict(a=1, b=2), dict([('x', 1)]), dict({'k': 1}, z=2)
n is number, n is integer, x is float, x is integer, true is integer, true is number, true is boolean, none is none, s is string, l is string, l is sequence, d is mapping, d is sequence, d is iterable, s is iterable, n is iterable, s is sequence, missing is sequence, range is callable, true is true, 1 is true, false is false, 'a' is lower, 'A' is upper, n is odd, n is even, n is divisibleby 5, n is eq 5, n is in [5], n is not none, n is gt 3, 'upper' is filter, 'odd' is test, n is sameas n, none is sameas none
'a' is divisibleby 2
n is not divisibleby(2) and n is odd
'a' if false
'a' if n > 3 else 'b' if n else 'c'
('a' if false) is defined
('x', 'y')[1], (), (1,), [1, 2,], {'a': 1,}
{'a': 1, 'a': 2}, {1: 'a', true: 'b'}
{[]: 1}
strftime_now('%d %B %Y, %b %a %A %H:%M:%S %I %p %j %y %m %e %-d %-m %F %T %w %u %%')
raise_exception('no ' ~ n)
namespace(a=1).a, namespace({'b': 2}).b, namespace().z is defined
namespace(_a=1)
n.foo, n.foo is defined, none.x is defined
none.x.y
none[0] is defined, s['upper'] is callable, s.upper is callable, l.append is defined
s | nofilter
s is notest
'a' | attr('upper') is callable, d | attr('a') is defined
1 if 2, 3
l | default([]), '' | default('x'), '' | default('x', true), none | default('x'), none | d('x', boolean=true)
'a' ~ 1 + 2, 'a' ~ (1 + 2), 1 + 2 ~ 'a', -1 | abs, (-1) | abs, -l[0], 2 * 3 ~ 4
not n == 5, not 'a' in 'b', 1 if not false and true else 2
messages[0]['content'] | trim | length, messages[1].content.split(' ')[0], messages[-1].role, messages[1:] | length, messages[0].role == 'system'
messages | map(attribute='role') | join(','), messages | map(attribute='tool_calls') | list | length, messages | selectattr('tool_calls', 'defined') | list | length
messages[2].content.split('</think>')[-1].lstrip('\\n'), '</think>' in messages[2].content, messages[2]['content'].split('<think>')[1]
messages[2].tool_calls[0].arguments.items() | list, messages[2].tool_calls[0].arguments | dictsort
9223372036854775807 - 1
l.__class__
''.__class__.__mro__
caller
varargs
loop
[1, 2] + (3,)
[1] + [2], (1,) + (2,)
'abc'[5], 'abc'['x'], l['0'], l[true], l[1.0]
'1' | int + 1
{'a': {'b': 1}}.a.b
[n for n in l]
l | map('nofilter') | list
l | map | list
'a' | upper | lower | title
'é' < 'z', 'Z' < 'a'
'a\\qb', 'x\\101'
5 is string, '5' is number
cycler('a', 'b').next()
"\\u00e9" == 'é'
d == {'a': {'c': 'v'}, 'items': 3, 'b': 1}
(1, 'a') in [(1, 'a')]
'ß'.upper(), 'ß' | title, 'ŉ'.upper(), 'İ'.lower() | length
"a  b".split(' '), 'aXXbXc'.split('X'), 'aXXb'.split('XX')
0.1 + 0.2, 1e-7, 5e-324, 1.7976931348623157e308, 1e16 + 0.5, 12345678901234567890.0, 3.0 * 2, 2 ** 0.5, 10 // 3.0
""".strip().split("\n")

TEMPLATES = [
    "{% for m in messages %}{{ loop.index }}/{{ loop.length }} {{ loop.first }} {{ loop.last }} {{ loop.revindex }} {{ loop.revindex0 }} {{ m.role }}\n{% endfor %}",
    "{% for m in messages %}{{ loop.previtem.role }}<{{ m.role }}>{{ loop.nextitem.role if not loop.last }}{% endfor %}",
    "{% for m in messages %}{{ loop.previtem is defined }}{{ loop.nextitem is defined }}{{ loop.changed(m.role) }}{{ loop.cycle('a','b') }}{% endfor %}",
    "{% for m in messages if m.role == 'user' %}{{ loop.index }}{{ loop.length }}{{ loop.last }}{% else %}none{% endfor %}",
    "{% for m in [] %}x{% else %}none{% endfor %}{% for m in missing %}x{% else %}none{% endfor %}",
    "{% for m in none %}x{% endfor %}",
    "{% for c in 'aé😀' %}[{{ c }}]{% endfor %}{% for k in d %}{{ k }}{% endfor %}{% for k, v in d.items() %}{{ k }}={{ v }};{% endfor %}",
    "{% for a, b in [(1, 2), [3, 4]] %}{{ a }}{{ b }}{% endfor %}{% for a, (b, c) in [(1, (2, 3))] %}{{ a + b + c }}{% endfor %}",
    "{% for a, b in [(1, 2, 3)] %}{{ a }}{% endfor %}",
    "{% for i in range(10) %}{% if i == 2 %}{% continue %}{% endif %}{% if i == 5 %}{% break %}{% endif %}{{ i }}{% endfor %}",
    "{% break %}",
    "{% for i in [1] %}{% set x = 7 %}{{ x }}{% endfor %}{{ x }}",
    "{% for i in [1,2] %}{% if i == 1 %}{% set y = 7 %}{% endif %}{{ y }}|{% endfor %}{{ y is defined }}",
    "{% set ns = namespace(k=0) %}{% for i in [1,2,3] %}{% set ns.k = ns.k + i %}{% endfor %}{{ ns.k }}",
    "{% set ns = namespace() %}{% set ns.a, b = 1, 2 %}{{ ns.a }}{{ b }}",
    "{% set d.x = 1 %}",
    "{% set a, b = 'xy' %}{{ b }}{{ a }}{% set a = b = 1 %}",
    "{% set t = 1, 2 %}{{ t }}",
    "{% set b %}  in {{ n }} {% endset %}[{{ b }}]{% set c | upper | trim %} abc {% endset %}[{{ c }}]",
    "{% if n > 3 %}a{% elif n %}b{% else %}c{% endif %}{% if missing %}x{% elif e %}y{% else %}z{% endif %}",
    "{% if x is defined and x is not none %}y{% endif %}{% if false %}{% set q = 1 %}{% endif %}{{ q is defined }}",
    "{% macro m(a, b='B', c) %}{% endmacro %}",
    "{% macro m(a, b='B') %}<{{ a }}{{ b }}>{% endmacro %}{{ m(1) }}{{ m(1, 2) }}{{ m(b=3) }}{{ m(1, b=4) }}{{ m('x') ~ 'y' }}",
    "{% macro m(a) %}x{% endmacro %}{{ m(1, 2) }}",
    "{% macro m(a) %}x{% endmacro %}{{ m(z=2) }}",
    "{% macro m() %}{{ varargs }}{{ kwargs }}{% endmacro %}{{ m(1, 2, k=3) }}",
    "{% macro m(a, b=a) %}{{ b }}{% endmacro %}{{ m(5) }}",
    "{% macro f(k) %}{% if k > 0 %}{{ k }}{{ f(k - 1) }}{% endif %}{% endmacro %}{{ f(4) }}",
    "{% macro m(x) %}[{{ caller(x) }}]{% endmacro %}{% call(y) m(3) %}c{{ y }}{% endcall %}{% call m(4) %}d{% endcall %}",
    "{% macro m() %}{{ caller is defined }}{% endmacro %}{{ m() }}",
    "{% macro m() %}a{% endmacro %}{% call m() %}b{% endcall %}",
    "{% macro m() %}{{ n }}{% set s = 'in' %}{{ s }}{% endmacro %}{{ m() }}{% set s = 'new' %}{{ m() }}{{ s }}",
    "{% for i in [1,2] %}{% macro m() %}{{ i }}{% endmacro %}{{ m() }}{% endfor %}",
    "{% filter upper | replace('A', 'o') %}abc {{ s }}{% endfilter %}",
    "{% with a = 1, b = 2 %}{{ a }}{{ b }}{% endwith %}{{ a is defined }}{% with s = 'q', t = s %}{{ t }}{% endwith %}{% with %}{% set k = 1 %}{% endwith %}{{ k is defined }}",
    "{% generation %}{{ s }}{% set g = 1 %}{% endgeneration %}{{ g is defined }}",
    "{% for i in [1] %}{% generation %}{% break %}{% endgeneration %}{% endfor %}",
    "{% raw %}{{ x }}{% if %}{% endraw %}|{%- raw -%}  a {% endraw -%}  b",
    "{# comment #}a{#- c -#} b {# {{ x }} #}\nc",
    "  {% if true %}\n  a\n  {% endif %}\n  b\n",
    "  {%- if true -%}\n  a\n  {%- endif -%}\n  b\n\n",
    "a  {%+ if true %} b {%+ endif %} c",
    "a\n  {%+ if true +%}\nb{% endif +%}\nc",
    "x\n    {{- 'a' -}}    \ny {{ 'b' }}\n{{ 'c' }}\n",
    "\t{% set a = 1 %}\t\n{{ a }}\r\n{% if a %}\r\nb\r{% endif %}\r\n",
    "a{% if true %}   {% endif %}b   {% if true %}\n\nc{% endif %}",
    "{{ '{{' }}{{ '%}' }}{{ {'a': {'b': 1}} }}{{ [{'x': 2}][0].x }}",
    "{{- 'a' }}\n  {#- x #}\n  {# y -#}\n z",
    "{% for i in [1,2] -%}\n  {{ i }},\n{%- endfor %}\n\n{% for i in [1] %}\n{{ i }}\n\n{% endfor %}end",
    "{% for item in deep recursive %}{{ item if item is not iterable else loop(item) }}{{ loop.depth }},{% endfor %}",
    "{% for i in [1] %}{{ loop([2]) }}{% endfor %}",
    "{% set c = cycler('a', 'b') %}{{ c.next() }}{{ c.next() }}{{ c.next() }}{{ c.current }}{% set j = joiner(',') %}{{ j() }}a{{ j() }}b",
    "{{ messages | selectattr('role', 'equalto', 'user') }}x" if False else "{% set g = [1,2] | map('string') %}{{ g | list }}{{ g | list }}",
    "{% print 1, 'a' %}",
    "{% do 1 %}",
    "{% nope %}",
    "{% if %}",
    "{{ }}",
    "{{ 1",
    "{% if true %}a",
    "{{ 'abc }}",
    "{{ (1 }}",
    "{{ a b }}",
    "{% endif %}",
    "{# open",
    "{{ x ! y }}",
    "{% set true = 1 %}",
    "{% for x in [1] %}{% endfor x %}",
    "{% if 's' | nofilter %}a{% endif %}",
    "{% if false %}{{ s | nofilter }}{% endif %}ok",
    "{% for i in [] %}{{ s | nofilter }}{% endfor %}ok",
    "{{ (s | nofilter) if false else 'ok' }}",
    "{% if tools %}a{% elif tools is none %}none{% endif %}{{ documents is defined }}",
    "{{ bos_token }}{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\n' + m['content'] + '<|im_end|>' + '\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}",
    "{%- for message in messages[::-1] %}{%- set index = (messages|length - 1) - loop.index0 %}{{ index }}{{ message.role }}{%- endfor %}",
    "{% set ns = namespace(last=-1) %}{% for m in messages %}{% if m.role == 'user' and not (m.content is string and m.content.startswith('x')) %}{% set ns.last = loop.index0 %}{% endif %}{% endfor %}{{ ns.last }}",
    "{% set loop_messages = messages[1:] %}{% for m in loop_messages %}{% if (m['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('roles must alternate') }}{% endif %}{{ m.role }}{% endfor %}",
    "{% block b %}x{{ n }}{% endblock %}{% block c %}y{% endblock c %}",
    "{% set x = [] %}{% for m in messages %}{% set x = x + [m.role] %}{% endfor %}{{ x }}",
    "{% set ns = namespace(l=[]) %}{% for m in messages %}{% set ns.l = ns.l + [m.role] %}{% endfor %}{{ ns.l | join(' ') }}",
    "{% for m in messages %}{%- if loop.first and m.role == 'system' %}S{% continue %}{% endif -%}{{ m.role[0] }}{% endfor %}",
    "{% for k, v in d | dictsort %}{{ k }}:{{ v }} {% endfor %}{% for k, v in d | items %}{{ k }} {% endfor %}",
    "{% set f = 's' %}{% macro s(f) %}{{ f }}{% endmacro %}{{ s('a') }}",
    "{{ x -}}\n\n{{ n }}{%- set a %}\nb\n{% endset %}{{ a }}|",
    "{% for a in [1,2] %}{% for b in [1,2] %}{{ loop.index }}{{ a }}{{ b }} {% endfor %}{{ loop.index }}{% endfor %}",
    "{% for a in [1,2] %}{% set outer = loop %}{% for b in [1,2] %}{{ outer.index }}.{{ loop.index }} {% endfor %}{% endfor %}",
    "{%set a='x'%}{{a}}{%if a%}y{%endif%}{{-a-}}z",
    "{% import 'x' as y %}",
    "{% include 'x' %}",
    "{{ '' if false }}{{ none }}{{ [] }}{{ {} }}",
    "{% set ns = namespace(found=false) %}{% for m in messages if not ns.found %}{% if m.role == 'user' %}{% set ns.found = true %}{% endif %}{{ m.role }}{% endfor %}",
    "a{{ 1 }}b\n\n",
    "\n\na\n",
    "{% if true %}a{% endif %}\n{{ 'b' }}  {% if true %}c{% endif %}  \nd",
]


def main():
    entries = []
    for template in ["{{ " + e + " }}" for e in EXPRESSIONS] + TEMPLATES:
        entry = {"template": template}
        try:
            entry["text"] = chat_template_utils._compile_jinja_template(template).render(**VALUES)
        except Exception as error:
            entry["fails"] = f"{type(error).__name__}: {error}"
        entries.append(entry)
    json.dump({"variables": VALUES, "renderings": entries}, sys.stdout, indent=1, ensure_ascii=False)
    print()


main()
