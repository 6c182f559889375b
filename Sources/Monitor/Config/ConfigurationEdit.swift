/// A planned change of the files in `conf.d`, to check the result before making it.
package enum ConfigurationEdit: Hashable, Sendable {
    /// A new file, with its name and content.
    case adding(name: String, text: String)
    /// The removal of a file, by its name.
    case removing(name: String)

    /// Returns the planned content of a file; nil for a file on the disk.
    func content(of file: String, main: String) -> ConfigurationFiles.Content? {
        guard case .adding(let name, let text) = self,
            file == "\(ConfigurationFiles.fragments(beside: main))/\(name)"
        else { return nil }
        return ConfigurationFiles.Content(bytes: Array(text.utf8), isPrivate: false)
    }
}

extension ConfigurationEdit? {
    /// Returns the names of the files in `conf.d` after the edit.
    func applied(to names: [String]) -> [String] {
        switch self {
        case nil: names
        case .adding(let added, _): names.filter { $0 != added } + [added]
        case .removing(let removed): names.filter { $0 != removed }
        }
    }
}

extension Configuration {
    /// The folder of a configuration's main file, without a slash at the end.
    ///
    /// - Parameters:
    ///   - path: the path of the main file; nil for the default.
    ///   - environment: the environment of the process.
    /// - Returns: the path as the user wrote it, which may be relative.
    package static func folder(path: String?, environment: [String: String]) -> String {
        let main = ConfigurationFiles.mainFile(path: path, environment: environment)
        guard let slash = main.lastIndex(of: "/") else { return "." }
        return slash == main.startIndex ? "/" : String(main[..<slash])
    }
}
