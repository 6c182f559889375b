package import Formats

/// The source of a value.
package enum Source: Hashable, Sendable, CustomStringConvertible {
    /// A place in the JSON body.
    case body(JSONPointer)
    /// A header of the answer, by name.
    case header(String)
    /// A claim of the secret, which is a JWT (RFC 7519).
    case claim(JSONPointer)

    /// The source in the form of a profile.
    package var description: String {
        switch self {
        case .body(let pointer): pointer.text
        case .header(let name): "header:\(name)"
        case .claim(let pointer): "claim:\(pointer.text)"
        }
    }

    var isBody: Bool {
        if case .body = self { true } else { false }
    }

    /// The source for messages: `/token/name`, `header X-Name`, `claim /exp`.
    var label: String {
        switch self {
        case .body(let pointer): pointer.text
        case .header(let name): "header \(name)"
        case .claim(let pointer): "claim \(pointer.text)"
        }
    }
}

/// A point in time that a provider reports.
package struct TimeSource: Hashable, Sendable {
    package enum Form: String, Hashable, Sendable, CaseIterable {
        /// A date, or a date and time, as text.
        case text
        /// Seconds since 1970.
        case unix
        /// Milliseconds since 1970.
        case unixMilliseconds = "unix_ms"
        /// Seconds from the time of the answer.
        case inSeconds = "in_seconds"
    }

    /// The meaning of null or an absent member, if it is not an error.
    package enum Missing: String, Hashable, Sendable, CaseIterable {
        /// No expiry, or never used.
        case never
        case notTold = "not_told"
        /// Only in a row of a list: the row is not a token to watch.
        case skip
    }

    package var from: Source
    /// The time in each object of an array.
    ///
    /// The first future time counts, or else the last one.
    package var each: JSONPointer?
    package var form = Form.text
    /// The values that mean "never".
    package var never: [MatchValue] = []
    /// The limit after which a time in the future means "never".
    package var neverAfter: Duration?
    /// The meaning of an absent value; nil makes the answer malformed.
    package var absent: Missing?
    package var null = Missing.never
}

/// The permissions that a provider reports: the union of the parts.
package struct SetSource: Hashable, Sendable {
    package enum Shape: Hashable, Sendable {
        /// An array of strings.
        case list
        /// One string, separated by any run of these characters; also an array of strings as it is.
        case split(String)
        /// An array of objects; one member of each.
        case each(JSONPointer)
    }

    /// The meaning of null or an absent member, if it is not an error.
    package enum Missing: String, Hashable, Sendable, CaseIterable {
        case empty
        case notTold = "not_told"
        /// The part is ignored; if every part is ignored, the set is not reported.
        case skip
    }

    package struct Part: Hashable, Sendable {
        package var from: Source
        package var shape: Shape
        /// The meaning of an absent value; nil makes the answer malformed.
        package var absent: Missing?
        /// The meaning of null; nil makes the answer malformed.
        package var null: Missing?
    }

    /// The parts, at least one; the set is not reported if one part is not, or if all are skipped.
    package var parts: [Part]
}

/// A name that a provider reports.
package struct TextSource: Hashable, Sendable {
    package var from: Source
    /// Whether null or an absent member means "not reported" instead of a malformed answer.
    package var isOptional: Bool
}

/// A JSON value that a profile compares with.
package enum MatchValue: Hashable, Sendable {
    case bool(Bool)
    case integer(Int64)
    case string(String)
}

/// A place in the body, and the values that match there.
package struct Match: Hashable, Sendable {
    package var pointer: JSONPointer
    /// The values; if empty, anything except null matches, only in `live_if`.
    package var values: [MatchValue]
    /// Whether only an array matches, with any content; only for `live_if`.
    package var isList = false
}
