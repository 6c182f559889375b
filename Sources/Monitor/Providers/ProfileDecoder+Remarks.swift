import Alerting

// The keys of a profile for people: its documentation, and the facts that it cannot report.
extension ProfileDecoder {
    mutating func decodeRemarks(_ profile: inout Profile) {
        if let entry = entry("docs"), let text = string(entry) {
            if Self.isAddress(text) {
                profile.docs = text
            } else {
                report(entry, "must be the https:// address of a page, at most 500 characters")
            }
        }
        if let entry = entry("verified"), let text = string(entry) {
            if (1...200).contains(text.utf8.count), text == text.escapedForTerminal {
                profile.verified = text
            } else {
                report(entry, "must be 1 to 200 bytes without control characters")
            }
        }
        let items = entry("cannot_see").flatMap { elements($0, of: "sentences") } ?? []
        let rule = "a sentence of 1 to 300 bytes without control characters"
        profile.remarks = strings(items, rule: rule) {
            (1...300).contains($0.utf8.count) && $0 == $0.escapedForTerminal
        }
    }

    private static func isAddress(_ text: String) -> Bool {
        ["https://", "http://"].contains { text.hasPrefix($0) && text.count > $0.count }
            && text.utf8.count <= 500
            && text.utf8.allSatisfy { (0x21...0x7e).contains($0) }
    }
}
