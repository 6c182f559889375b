/// The detection of possible secrets in texts for people.
///
/// Otherwise an error would show a secret in the wrong place of a configuration or a command line,
/// and logs and notifications would contain it.
package enum SecretLook {
    /// The shortest secret: shorter words are names.
    private static let shortest = 12
    /// The longest name: a longer word of letters and digits is no name, with any prefix.
    private static let longestName = 31

    /// Whether a word has a published prefix and looks like the secret of a provider.
    package static func isSecret(_ word: String) -> Bool {
        prefix(of: Array(word.utf8)[...]) != nil
    }

    /// Returns a text without possible secrets.
    ///
    /// The character `…` replaces possible secrets, passwords in URLs, and paths of web addresses.
    package static func hiding(in text: String) -> String {
        let bytes = Array(text.utf8)
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var rest = bytes[...]
        while let first = rest.first {
            if rest.starts(with: "://".utf8) {
                rest = rest.dropFirst(3)
                result += "://".utf8
                takeAddress(&rest, isWeb: result.hasWebScheme, into: &result)
            } else if first.isOfWord {
                let word = rest.prefix(while: \.isOfWord)
                rest = rest[word.endIndex...]
                if let prefix = prefix(of: word) {
                    result += prefix.utf8
                    result += "…".utf8
                } else {
                    result += word
                }
            } else {
                result.append(first)
                rest.removeFirst()
            }
        }
        return result == bytes ? text : String(decoding: result, as: UTF8.self)
    }

    /// Takes the address after `://`, and shows only its user and host.
    private static func takeAddress(
        _ rest: inout ArraySlice<UInt8>,
        isWeb: Bool,
        into result: inout [UInt8]
    ) {
        let authority = rest.prefix { !$0.endsAddress && $0 != UInt8(ascii: "/") }
        var host = authority
        if let at = authority.lastIndex(of: UInt8(ascii: "@")) {
            let user = authority[..<at].prefix { $0 != UInt8(ascii: ":") }
            // Without a colon it may be a token instead of a user.
            if user.endIndex < at { result += user + ":".utf8 }
            result += "…@".utf8
            host = authority[(at + 1)...]
        }
        result += host
        rest = rest[authority.endIndex...]
        let path = rest.prefix { !$0.endsAddress }
        guard isWeb, path.count > 1 else { return }
        result += "/…".utf8
        rest = rest[path.endIndex...]
    }

    /// Returns the part of a secret that may be shown; nil if the word does not look like one.
    private static func prefix(of word: ArraySlice<UInt8>) -> String? {
        guard word.count >= shortest, word.contains(where: \.isDigit),
            word.contains(where: { $0.isUpper || $0.isLower })
        else { return nil }
        let parts = word.split { !$0.isDigit && !$0.isUpper && !$0.isLower }
        func isMixed(_ part: ArraySlice<UInt8>) -> Bool {
            part.contains(where: \.isDigit) && part.contains { $0.isUpper || $0.isLower }
        }
        if let known = prefixes.first(where: { word.starts(with: $0.utf8) }) {
            let rest = word.dropFirst(known.utf8.count)
            let looksRandom =
                rest.split { !$0.isDigit && !$0.isUpper && !$0.isLower }
                .contains { $0.count >= shortest && isMixed($0) }
                || rest.contains(where: \.isUpper) && rest.contains(where: \.isLower)
            if rest.count >= shortest, rest.contains(where: \.isDigit), looksRandom { return known }
        }
        return parts.contains { $0.count > longestName && isMixed($0) } ? "" : nil
    }

    /// The prefixes of all built-in providers, of signing keys, and of JSON objects in Base64.
    static let prefixes = [
        "ATATT3xFfGF0", "ATCTT3xFfG", "CCIPAT_", "CFPAT-", "HRKU-", "NRAK-", "PMAK-", "SG.",
        "bkua_", "cfat_", "cfut_", "dapi", "dckr_pat_", "doo_v1_", "dop_v1_", "dp.audit.",
        "dp.ct.", "dp.pt.", "dp.sa.", "dp.scim.", "dp.st.", "eyJ", "figd_", "figp_", "gho_",
        "ghp_", "ghs_", "ghu_", "github_pat_", "glpat-", "glsa_", "gsk_", "hf_", "hvb.", "hvs.",
        "lin_api_", "nfp_", "npm_", "ntn_", "pat-eu1-", "pat-na1-", "pcsk_", "phx_", "pscale_tkn_",
        "ptr_",
        "pul-", "r8_", "rk_live_", "rk_test_", "sbp_", "sgp_", "shpat_", "shpca_", "shppa_",
        "sk-admin-", "sk-ant-admin01-", "sk-ant-api03-", "sk-or-v1-", "sk-proj-", "sk-svcacct-",
        "sk_live_", "sk_test_", "sntrys_", "sntryu_", "sqa_", "sqp_", "squ_", "tfp_",
        "tskey-api-", "whsec_", "xai-", "xapp-", "xkeysib-", "xoxb-", "xoxe.xoxb-", "xoxe.xoxp-",
        "xoxp-", "ya29.",
    ]
    .sorted { $0.utf8.count > $1.utf8.count }
}

extension [UInt8] {
    fileprivate var hasWebScheme: Bool {
        let before = dropLast(3)
        let start = before.lastIndex { !$0.isUpper && !$0.isLower }.map { $0 + 1 } ?? 0
        return ["http", "https"].contains(
            String(decoding: before[start...], as: UTF8.self).lowercased()
        )
    }
}

extension UInt8 {
    fileprivate var isUpper: Bool { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(self) }
    fileprivate var isLower: Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self) }

    fileprivate var isOfWord: Bool {
        isDigit || isUpper || isLower || self == UInt8(ascii: "_") || self == UInt8(ascii: "-")
    }

    /// Whether the byte cannot be part of an address in a sentence.
    fileprivate var endsAddress: Bool {
        self <= 0x20 || self == 0x7f || "\"'`<>;,()[]{}|\\".utf8.contains(self)
    }
}
