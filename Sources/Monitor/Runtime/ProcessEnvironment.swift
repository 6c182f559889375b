import CLinux

/// The environment that the process was started with.
package enum ProcessEnvironment {
    /// Returns every variable; of duplicates the first counts, as for getenv(3).
    package static func all() -> [String: String] {
        var variables: [String: String] = [:]
        var index: Int32 = 0
        while let entry = clinux_environment_entry(index) {
            index += 1
            let text = String(cString: entry)
            guard let sign = text.utf8.firstIndex(of: UInt8(ascii: "=")) else { continue }
            let name = String(text[..<sign])
            if variables[name] == nil {
                variables[name] = String(text[text.index(after: sign)...])
            }
        }
        return variables
    }
}
