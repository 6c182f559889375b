import Alerting
import Formats

// The verdict on an answer by the keys of its profile, before its facts are read.
extension AnswerReader {
    /// Returns the first of some texts that the body of an error contains, as JSON writes it.
    func note(of texts: [String], _ body: [UInt8]) -> String? {
        // The error message is in the first part of a body.
        let head = body.prefix(Bounds.errorBytes)
        return texts.first { head.firstRange(of: $0.utf8) != nil }
            .map { MatchValue.string($0).json }
    }

    /// Returns the first of some texts that decide about the token.
    ///
    /// A proxy's page may have words such as "Forbidden": in a page, only texts with markup count.
    func verdict(of texts: [String], _ body: [UInt8]) -> String? {
        let isPage = isPage(body)
        return note(of: texts.filter { !isPage || $0.utf8.contains(UInt8(ascii: "<")) }, body)
    }

    /// Returns the verdict of an answer whose text reports a rate limit or the token's state.
    ///
    /// This ignores the usual meaning of the status; nil for any other answer.
    func told(
        _ status: Int,
        _ headers: (String) -> String?,
        _ body: [UInt8],
        _ evidence: Evidence,
        _ now: Instant
    ) -> Observation.Answer? {
        func text() -> String { StatusText.of(status) }
        if let match = evidence.hit(limitedIf) {
            return .rateLimited("\(text()) with \(match)" + Self.pause(status, headers, now))
        }
        guard (400...599).contains(status) else { return nil }
        if let words = note(of: profile.undecidedText, body) {
            return .malformed("\(text()) with \(words), which says nothing about the token")
        }
        if let words = note(of: profile.limitedText, body) {
            return .rateLimited("\(text()) with \(words)" + Self.pause(status, headers, now))
        }
        // An error has no facts, so an absent field has no meaning.
        if verdict(of: profile.expiredText, body) != nil { return .ok(Facts(saysExpired: true)) }
        if status < 500, verdict(of: profile.liveText, body) != nil { return .ok(Facts()) }
        return nil
    }

    /// Throws an error if an answer is not about a live token.
    func live(_ evidence: Evidence) throws(Unreadable) {
        var failure: Unreadable?
        for matches in liveIf {
            guard let reason = mismatch(matches, evidence) else {
                failure = nil
                break
            }
            failure = failure ?? Unreadable(reason)
        }
        if let failure { throw failure }
        for (match, place) in expiredIf.map({ ($0.match, $0.place) }) {
            let found = evidence.found(place)
            if found == .absent { throw Unreadable("\(match.pointer) is missing") }
            guard match.values.contains(where: { $0.kind == found.kind }) else {
                let kind = match.values.first?.kind ?? "a value"
                throw Unreadable("\(match.pointer): expected \(kind), found \(found.kind)")
            }
        }
    }

    /// Returns the first match that does not hold, in words; nil if all hold.
    private func mismatch(_ matches: [PlacedMatch], _ evidence: Evidence) -> String? {
        for (match, place) in matches.map({ ($0.match, $0.place) }) {
            let found = evidence.found(place)
            let name = match.pointer.text.isEmpty ? "the body" : match.pointer.text
            if found == .absent { return "\(name) is missing" }
            if match.isList {
                switch found {
                case .strings, .array: continue
                case let other: return "\(name): expected an array, found \(other.kind)"
                }
            }
            if match.values.isEmpty {
                guard found == .null else { continue }
                return "\(name): expected a value, found null"
            }
            guard let value = MatchValue(found), match.values.contains(value) else {
                return "\(name): expected \(match.expected), found \(found.shown)"
            }
        }
        return nil
    }
}

extension Evidence {
    /// Returns the first match that holds, in words.
    func hit(_ matches: [PlacedMatch]) -> String? {
        for placed in matches {
            guard let value = MatchValue(found(placed.place)), placed.match.values.contains(value)
            else { continue }
            return "\(placed.match.pointer) \(value.json)"
        }
        return nil
    }
}
