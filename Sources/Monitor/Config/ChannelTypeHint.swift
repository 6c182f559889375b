import Alerting
import Formats

extension ChannelType {
    /// The right name for an unknown type.
    static func hint(_ value: ConfigurationTable.Value?) -> String? {
        guard case .leaf(.string(let text), _)? = value else { return nil }
        let word = text.lowercased()
        if KnownFormat.builtin.contains(where: { $0.name == word }) {
            return "; for that: type = \"webhook\", format = \"\(word)\""
        }
        if ["email", "mail", "smtp", "sendmail"].contains(word) {
            return allCases.contains { $0.rawValue == "mail" }
                ? "; for mail: type = \"mail\""
                : "; for mail: type = \"command\" with a program that sends it"
        }
        let near = NearestName.of(word, among: allCases.map(\.rawValue))
        return near.map { "; did you mean \"\($0)\"?" }
    }
}
