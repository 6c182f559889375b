import Alerting
import HTTP

/// The check of a request's query: the allowed parameters, and the errors in others.
extension StatusRoute {
    /// Returns the error of a request with an unknown parameter, or with a repeated one.
    ///
    /// If a misspelled `limit` were ignored, the answer would look correct.
    func problem(with query: [(name: String, value: String)]) -> BadRequest? {
        for (index, pair) in query.enumerated() {
            guard parameters.contains(pair.name) else {
                let known =
                    parameters.isEmpty
                    ? "\(method.rawValue) \(path) takes none"
                    : "\(method.rawValue) \(path) takes \(parameters.joined(separator: ", "))"
                return BadRequest(
                    "unknown parameter \"\(pair.name.escapedForTerminal(maximumBytes: 64))\": \(known)"
                )
            }
            guard repeats || !query[..<index].contains(where: { $0.name == pair.name }) else {
                return BadRequest("\(pair.name) is given twice; give it once")
            }
        }
        return nil
    }

    /// Returns the route of a request; a HEAD request has the route of its GET.
    static func of(_ request: HTTPRequest) -> StatusRoute? {
        let method = request.method == "HEAD" ? "GET" : request.method
        return all.first { $0.method.rawValue == method && $0.matches(request.segments) }
    }
}

extension HTTPRequest {
    /// Returns a whole number of the query, written in digits only.
    ///
    /// - Returns: nil if it is absent.
    /// - Throws: `BadRequest` with the allowed range.
    func number(_ name: String, in range: ClosedRange<Int>, unit: String = "")
        throws(BadRequest) -> Int?
    {
        guard let text = query(name) else { return nil }
        // The initializer would accept a sign.
        guard text.utf8.allSatisfy(\.isDigit), let number = Int(text), range.contains(number)
        else {
            throw BadRequest(
                "\(name) is \"\(text.escapedForTerminal(maximumBytes: 64))\"; it must be a number\(unit), "
                    + "\(range.lowerBound) to \(range.upperBound)"
            )
        }
        return number
    }
}
