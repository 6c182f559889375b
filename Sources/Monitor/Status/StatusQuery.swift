import Alerting
import HTTP

/// What may stand behind the question mark of a request, and what is wrong with what does.
extension StatusRoute {
    /// A request with a parameter that its route does not take, or that it has twice.
    ///
    /// A misspelled `limit` that is ignored looks like an answer to what was asked.
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

    /// The route of a request; a HEAD has that of its GET.
    static func of(_ request: HTTPRequest) -> StatusRoute? {
        let method = request.method == "HEAD" ? "GET" : request.method
        return all.first { $0.method.rawValue == method && $0.matches(request.segments) }
    }
}

extension HTTPRequest {
    /// A whole number of the query, in digits alone.
    ///
    /// - Returns: nil if it is not given.
    /// - Throws: `BadRequest` with the range that is allowed.
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
