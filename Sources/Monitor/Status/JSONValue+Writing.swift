package import Alerting
import Formats

extension JSONValue {
    /// Writes the value unchanged.
    package func write(into json: inout JSONWriter) {
        switch self {
        case .null: json.null()
        case .bool(let flag): json.value(flag)
        case .integer(let number): json.value(number)
        case .number(let number):
            // JSON has no word for infinity, but readers turn such numbers into it.
            let text = number.isFinite ? "\(number)" : number < 0 ? "-1e999" : "1e999"
            json.verbatim(text.utf8)
        case .string(let text): json.value(text)
        case .array(let elements):
            json.array { for element in elements { element.write(into: &$0) } }
        case .object(let members):
            json.object {
                for member in members {
                    $0.key(member.key)
                    member.value.write(into: &$0)
                }
            }
        }
    }
}
