package import Formats

/// The source of a value.
package enum Source: Hashable, Sendable, CustomStringConvertible {
    /// A place in the JSON body.
    case body(JSONPointer)
    /// A header of the answer, by name.
    case header(String)
    /// A claim of the secret, which is a JWT (RFC 7519).
    case claim(JSONPointer)

    /// In the form that a profile has.
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

    /// For messages: `/token/name`, `header X-Name`, `claim /exp`.
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
        /// Seconds from the answer on.
        case inSeconds = "in_seconds"
    }

    /// The meaning of null or an absent member, if it is no error.
    package enum Missing: String, Hashable, Sendable, CaseIterable {
        /// No expiry, or never used.
        case never
        case notTold = "not_told"
        /// Of a row of a list: it is no token to watch.
        case skip
    }

    package var from: Source
    /// For an array of objects: the member of each that is a time.
    ///
    /// The first that lies ahead counts, or else the last one.
    package var each: JSONPointer?
    package var form = Form.text
    /// Values that mean "never".
    package var never: [MatchValue] = []
    /// A time that is further ahead means "never".
    package var neverAfter: Duration?
    /// Nil: an absent one makes the answer malformed.
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
        /// An array of objects; a member of each.
        case each(JSONPointer)
    }

    /// The meaning of null or an absent member, if it is no error.
    package enum Missing: String, Hashable, Sendable, CaseIterable {
        case empty
        case notTold = "not_told"
        /// The part is ignored; if every part is, the set is not reported.
        case skip
    }

    package struct Part: Hashable, Sendable {
        package var from: Source
        package var shape: Shape
        /// Nil: an absent one makes the answer malformed.
        package var absent: Missing?
        /// Nil: a null makes the answer malformed.
        package var null: Missing?
    }

    /// At least one; if one is not reported, or all are skipped, the whole set is not reported.
    package var parts: [Part]
}

/// A name that a provider reports.
package struct TextSource: Hashable, Sendable {
    package var from: Source
    /// Null or an absent member means "not reported", not a malformed answer.
    package var isOptional: Bool
}

/// A JSON value that a profile compares with.
package enum MatchValue: Hashable, Sendable {
    case bool(Bool)
    case integer(Int64)
    case string(String)
}

/// A place in the body and the values that count there.
package struct Match: Hashable, Sendable {
    package var pointer: JSONPointer
    /// None: anything except null counts; only for `live_if`.
    package var values: [MatchValue]
    /// Only an array counts, with any content; only for `live_if`.
    package var isList = false
}
