import Alerting
import Formats

/// The error of a field that differs from its profile, in one line for an operator.
struct Unreadable: Error {
    let message: String

    init(_ message: String) {
        self.message = message
    }
}

/// The place of a value in the evidence of an answer, and its name for messages.
struct Place: Sendable {
    enum Part: Sendable {
        case body
        case header
        case claim
    }

    let part: Part
    let index: Int
    let label: String
}

/// A place of the body, and the values that match there.
struct PlacedMatch: Sendable {
    let match: Match
    let place: Place
}

/// The values to gather from an answer.
struct Wants: Sendable {
    private(set) var body: [JSONWanted] = []
    private(set) var claims: [JSONWanted] = []
    private(set) var headers: [String] = []

    mutating func place(_ source: Source, each: JSONPointer? = nil) -> Place {
        switch source {
        case .body(let pointer):
            body.append(JSONWanted(pointer, each: each))
            return Place(part: .body, index: body.count - 1, label: source.label)
        case .claim(let pointer):
            claims.append(JSONWanted(pointer, each: each))
            return Place(part: .claim, index: claims.count - 1, label: source.label)
        case .header(let name):
            headers.append(name)
            return Place(part: .header, index: headers.count - 1, label: source.label)
        }
    }

    mutating func places(_ matches: [Match]) -> [PlacedMatch] {
        matches.map { PlacedMatch(match: $0, place: place(.body($0.pointer))) }
    }

    mutating func place(_ part: SetSource.Part) -> Place {
        if case .each(let member) = part.shape {
            place(part.from, each: member)
        } else {
            place(part.from)
        }
    }
}

/// The values gathered from one answer, and the reading of single fields.
struct Evidence {
    let secret: String
    let now: Instant
    var body: [JSONFound] = []
    var headers: [JSONFound] = []
    var claims: Result<[JSONFound], Unreadable> = .success([])

    func found(_ place: Place) -> JSONFound {
        let all =
            switch place.part {
            case .body: body
            case .header: headers
            case .claim: (try? claims.get()) ?? []
            }
        return all.indices.contains(place.index) ? all[place.index] : .absent
    }

    private func value(_ place: Place) throws(Unreadable) -> JSONFound {
        if place.part == .claim, case .failure(let problem) = claims { throw problem }
        return found(place)
    }

    func text(_ source: TextSource, _ place: Place) throws(Unreadable) -> String? {
        switch try value(place) {
        case .string(let text):
            try refuseEcho(in: text, place.label)
            return text.cut(toBytes: Bounds.textBytes)
        case .absent:
            if source.isOptional { return nil }
            throw Unreadable("\(place.label) is missing")
        case .null where source.isOptional:
            return nil
        case let other:
            throw Unreadable("\(place.label): expected a string, found \(other.kind)")
        }
    }

    /// Returns a text for people; nil if there is none, or if it repeats the secret.
    func words(at place: Place) -> String? {
        guard case .string(let text) = found(place), !repeatsSecret(text) else { return nil }
        let words =
            text.hasSingleSpacesOnly
            ? text : text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        return words.isEmpty ? nil : words.cut(toBytes: Bounds.holderBytes)
    }

    /// The permissions of one part, or the meaning of their absence.
    enum Words {
        case told([String])
        case missing(SetSource.Missing)
    }

    func words(_ part: SetSource.Part, _ place: Place) throws(Unreadable) -> Words {
        let words: [String]
        switch (try value(place), part.shape) {
        case (.strings(let strings), _):
            words = strings
        case (.string(let text), .split(let separators)):
            words = text.split { separators.contains($0) }.map(String.init)
        case (.absent, _):
            guard let absent = part.absent else {
                throw Unreadable("\(place.label) is missing")
            }
            return .missing(absent)
        case (.null, _):
            guard let null = part.null else {
                throw Unreadable("\(place.label): expected \(part.shape.expected), found null")
            }
            return .missing(null)
        case (.array(let index), .list):
            throw Unreadable("\(place.label)/\(index): expected a string")
        case (.array(let index), .each(let member)):
            throw Unreadable("\(place.label)/\(index)\(member): expected a string")
        case (let other, let shape):
            throw Unreadable("\(place.label): expected \(shape.expected), found \(other.kind)")
        }
        for word in words { try refuseEcho(in: word, place.label) }
        guard words.contains(where: { $0.utf8.count > Bounds.textBytes }) else {
            return .told(words)
        }
        return .told(words.map { $0.cutDistinctly(toBytes: Bounds.textBytes) })
    }

    func time(_ source: TimeSource, _ place: Place) throws(Unreadable) -> Expiry {
        let found = try value(place)
        if !source.never.isEmpty, let value = MatchValue(found), source.never.contains(value) {
            return .never
        }
        switch found {
        case .absent:
            return try absence(source, "\(place.label) is missing")
        case .strings(let texts) where source.each != nil:
            return try nextOf(texts, source, place)
        case .null:
            return source.null == .never ? .never : .notTold
        // Programs in Go write this time if there is none.
        case .string(let text) where source.form == .text && text.hasPrefix("0001-01-01T00:00:00"):
            return source.null == .never ? .never : .notTold
        case .string(let text) where source.form == .text:
            return settled(try textTime(text, place), source)
        case .string(let text):
            guard let number = Self.number(text) else {
                throw Unreadable("\(place.label): expected a number, found other text")
            }
            if isNever(text, source) { return .never }
            return settled(try time(number, source.form, place), source)
        case .integer(let number) where source.form != .text:
            return settled(try time(Double(number), source.form, place), source)
        case .number(let number) where source.form != .text:
            return settled(try time(number, source.form, place), source)
        case let other:
            let expected = source.form == .text ? "a date as a string" : "a number"
            throw Unreadable("\(place.label): expected \(expected), found \(other.kind)")
        }
    }

    private func absence(
        _ source: TimeSource,
        _ problem: String
    ) throws(Unreadable) -> Expiry {
        guard let absent = source.absent else { throw Unreadable(problem) }
        return absent == .never ? .never : .notTold
    }

    /// Returns the first end in the future, or else the last end.
    ///
    /// Old ends of several secrets may have passed while others are valid.
    private func nextOf(
        _ texts: [String],
        _ source: TimeSource,
        _ place: Place
    ) throws(Unreadable) -> Expiry {
        if texts.isEmpty { return try absence(source, "\(place.label) is an empty array") }
        var ends: [Instant] = []
        for text in texts where !isNever(text, source) {
            let instant: Instant
            if source.form == .text {
                instant = try textTime(text, place)
            } else if let number = Self.number(text) {
                instant = try time(number, source.form, place)
            } else {
                throw Unreadable("\(place.label): expected numbers, found other text")
            }
            if case .at(let end) = settled(instant, source) { ends.append(end) }
        }
        let next = ends.filter { $0 > now }.min()
        if next == nil, ends.count < texts.count { return .never }
        return (next ?? ends.max()).map { .at($0) } ?? .never
    }

    /// Whether a text, or the number in it, means "never".
    private func isNever(_ text: String, _ source: TimeSource) -> Bool {
        let number = Self.number(text).flatMap { MatchValue(.number($0)) }
        return source.never.contains { $0 == number || $0 == .string(text) }
    }

    /// Returns the expiry of a time: some providers write "no expiry" as a time far in the future.
    private func settled(_ instant: Instant, _ source: TimeSource) -> Expiry {
        guard let limit = source.neverAfter, instant - now > limit else { return .at(instant) }
        return .never
    }

    /// Returns the number in a text, as in headers and in Google's answers.
    private static func number(_ text: String) -> Double? {
        guard (1...24).contains(text.utf8.count),
            text.utf8.allSatisfy({ "-.0123456789".utf8.contains($0) })
        else { return nil }
        return Double(text)
    }

    private func textTime(_ text: String, _ place: Place) throws(Unreadable) -> Instant {
        guard text.utf8.count <= Bounds.timeBytes, let instant = Instant(text: text) else {
            let count = text.utf8.count
            throw Unreadable(
                "\(place.label): expected a date such as 2026-11-21T08:00:00Z,"
                    + " found other text (\(count) bytes)"
            )
        }
        return instant
    }

    // A double represents every millisecond of these years exactly.
    private func time(
        _ number: Double,
        _ form: TimeSource.Form,
        _ place: Place
    ) throws(Unreadable) -> Instant {
        let milliseconds = form == .unixMilliseconds ? number : number * 1000
        let last = Double(Bounds.lastSecond) * 1000
        guard milliseconds >= 0, milliseconds <= last else {
            throw Unreadable("\(place.label): a number outside the years 1970 to 9999")
        }
        let instant = Instant(milliseconds: Int64(milliseconds))
        guard form == .inSeconds else { return instant }
        let exact = now.milliseconds + instant.milliseconds
        guard exact <= Bounds.lastSecond * 1000 else {
            throw Unreadable("\(place.label): a number beyond the year 9999")
        }
        // The provider counts in seconds; where the expiry is stored, `expiryTolerance` handles
        // small variations between answers.
        return Instant(seconds: exact / 1000)
    }

    /// Rejects text that contains the secret.
    private func refuseEcho(in text: String, _ label: String) throws(Unreadable) {
        if repeatsSecret(text) {
            throw Unreadable("\(label) contains the secret itself")
        }
    }

    func repeatsSecret(_ text: String) -> Bool {
        let length = secret.utf8.count
        guard length >= Bounds.shortestEcho else { return length > 0 && text == secret }
        guard text.utf8.count >= length else { return false }
        return text.utf8.firstRange(of: secret.utf8) != nil
    }
}

extension SetSource.Shape {
    /// The expected elements of such a part, for messages.
    fileprivate var expected: String {
        switch self {
        case .list: "an array of strings"
        case .each: "an array of objects"
        case .split: "a string"
        }
    }
}
