import Alerting
import Monitor

extension String {
    /// The word on a command line to copy: in quotes if a shell would change it.
    var shellQuoted: String {
        let isPlain =
            !isEmpty
            && utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                default: "_./:@%+,-".utf8.contains(byte)
                }
            }
        return isPlain ? self : "'" + replacing("'", with: #"'\''"#) + "'"
    }
}

/// The escape sequences for a terminal (ECMA-48 §8.3.117), if it may have them.
struct Paint {
    let isOn: Bool

    func state(_ state: TokenHealth, _ text: String) -> String {
        switch state {
        case .critical: sequence("1;31", text)
        case .warning: sequence("33", text)
        case .unknown: sequence("35", text)
        case .ok: sequence("32", text)
        }
    }

    func bold(_ text: String) -> String { sequence("1", text) }

    private func sequence(_ code: String, _ text: String) -> String {
        isOn ? "\u{1b}[\(code)m\(text)\u{1b}[0m" : text
    }
}

extension Instant {
    /// Returns the rounded distance, short enough for a table: `in 43 min`, `2 h ago`, `now`.
    func briefDistance(from now: Instant) -> String {
        if max(self, now) - min(self, now) < .seconds(1) { return "now" }
        return self >= now
            ? "in \((self - now).roundedForPeople)" : "\((now - self).roundedForPeople) ago"
    }
}

/// Returns counts of tokens by state, most urgent first: `20 tokens: 2 critical, 18 ok`.
func tally(_ states: [TokenHealth], of watched: Int?) -> String {
    var counts: [TokenHealth: Int] = [:]
    for state in states { counts[state, default: 0] += 1 }
    let parts = TokenHealth.allCases.compactMap { state in
        counts[state].map { "\(grouped($0)) \(state.rawValue)" }
    }
    let total =
        if let watched, watched != states.count {
            "\(grouped(states.count)) of \(counted(watched, "token"))"
        } else {
            counted(states.count, "token")
        }
    return parts.isEmpty ? total : "\(total): \(parts.joined(separator: ", "))"
}
