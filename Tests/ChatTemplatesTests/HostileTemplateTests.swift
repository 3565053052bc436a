import ChatTemplates
import Foundation
import StrictJSON
import Testing
import Timing

/// Templates that would take for ever, or all memory.
@Suite(.serialized) struct HostileTemplateTests {
  #if DEBUG
    /// Without optimisation everything takes some twenty times as long.
    static let most = 5000.0
  #else
    /// Milliseconds.
    static let most = 100.0
  #endif

  static let templates: [String] = [
    "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
    "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "{% macro m(a) %}{{ a }}{{ m(a + 1) }}{{ m(a + 2) }}{% endmacro %}{{ m(1) }}",
    "{{ 'a' * 1000000000 }}", "{{ [0] * 1000000000 }}", "{{ 'a' * 9223372036854775807 }}",
    "{{ 'a'.center(1000000000) }}", "{{ 'a'.zfill(1000000000) }}", "{{ '%1000000000d' % 1 }}",
    "{{ '%.999999999f' % 1.5 }}",
    "{{ '{:>1000000000}'.format(1) }}", "{{ range(1000000000) | list }}",
    "{% set ns = namespace(s='abcdefgh') %}{% for i in range(64) %}{% set ns.s = ns.s + ns.s %}{% endfor %}{{ ns.s }}",
    "{% set ns = namespace(s='abcdefgh') %}{% for i in range(64) %}{% set ns.s = ns.s.replace('a', ns.s) %}{% endfor %}",
    "{% set ns = namespace(s=[1]) %}{% for i in range(64) %}{% set ns.s = ns.s + ns.s %}{% endfor %}",
    "{% set ns = namespace(s=[1]) %}{% for i in range(99999) %}{% set ns.s = [ns.s] %}{% endfor %}{{ ns.s }}",
    "{% set ns = namespace(s=[1]) %}{% for i in range(99999) %}{% set ns.s = {'a': ns.s} %}{% endfor %}{{ ns.s | tojson }}",
    "{% set ns = namespace(s=[1]) %}{% for i in range(99999) %}{% set ns.s = ns.s | map('string') %}{% endfor %}{{ ns.s | list }}",
    "{% set ns = namespace() %}{% set ns.s = ns %}{{ ns }}",
    "{% set ns = namespace(s=1) %}{% for i in range(99999) %}{% set ns.s = namespace(s=ns.s) %}{% endfor %}{{ ns }}",
    "{% set ns = namespace(l=[]) %}{% for i in range(99999) %}{% set ns.l = ns.l + ['abcdefghijklmnopqrstuvwxyz' * 999 ~ i] %}{% endfor %}",
    "{% for a in range(99999) %}{{ 'abcdefghijklmnopqrstuvwxyz' * 999 }}{% endfor %}",
    "{{ range(99999) | map('string') | join('abcdefghijklmnopqrstuvwxyz' * 999) }}",
    "{{ ('a' * 999999).split('a') | length }}{{ ('a' * 999999).count('a' * 499999) }}",
    "{{ ('a' * 2000000).find('a' * 1000000 ~ 'b') }}",
    "{% for x in [[1]] recursive %}{{ loop([[1]]) }}{% endfor %}",
    "{% set x = 2 %}{% for i in range(99) %}{{ x ** 99999999999 }}{% endfor %}",
    "{% for i in range(99999) %}{{ range(99999) | sort | last }}{% endfor %}",
    "{{ " + String(repeating: "(", count: 100_000) + "1", "{{ " + String(repeating: "[", count: 100_000),
    "{{ " + String(repeating: "-", count: 100_000) + "1 }}",
    "{{ " + String(repeating: "not ", count: 100_000) + "1 }}",
    "{{ 1" + String(repeating: " + 1", count: 100_000) + " }}",
    "{{ x" + String(repeating: ".a", count: 100_000) + " }}",
    "{{ 'a'" + String(repeating: " | upper", count: 100_000) + " }}",
    "{{ 1" + String(repeating: " if 1 else 1", count: 50_000) + " }}",
    String(repeating: "{% if 1 %}", count: 50_000), String(repeating: "{% for x in y %}", count: 50_000),
    "{% set " + String(repeating: "(", count: 50_000),
    "{{ x" + String(repeating: "[0", count: 50_000), "{{ {1:" + String(repeating: "{1:", count: 50_000),
    String(repeating: "{% macro m() %}", count: 50_000),
    "{% raw %}" + String(repeating: "{% endra", count: 100_000),
    String(repeating: "{#", count: 300_000),
    "{% set c = cycler([1]) %}{% for i in range(99999) %}{% set c = cycler(c) %}{% endfor %}",
    "{% set ns = namespace(f=0) %}{% for i in range(99999) %}{% set ns.f = [ns.f].count %}{% endfor %}",
    "{% for a in range(99999) %}{{ loop.length }}{% for b in range(99999) if false %}{% endfor %}{% endfor %}",
  ]

  @Test(arguments: templates.indices)
  func endsSoonAndSmall(_ index: Int) throws {
    let source = Self.templates[index]
    let before = try Self.peakMemory()
    let time = threadMilliseconds {
      // Most are refused; what is not must be small.
      let text = try? ChatTemplate(source, name: "t").render(
        [("messages", TemplateInput([["role": "user", "content": "hi"]]))], date: date)
      #expect((text?.string.utf8.count ?? 0) < 1 << 20, "\(source.prefix(80))")
    }
    #expect(time < Self.most || isInstrumented, "\(source.prefix(80)): \(time)")
    #expect(try Self.peakMemory() - before < 64 << 20, "\(source.prefix(80))")
  }

  /// The most memory that the process has held, in bytes; 0 where the system does not tell.
  private static func peakMemory() throws -> Int {
    guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
      let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM") }),
      let kilobytes = line.split(whereSeparator: { !$0.isNumber }).first.flatMap({ Int($0) })
    else { return 0 }
    return kilobytes << 10
  }
}
