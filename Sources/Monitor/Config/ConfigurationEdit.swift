/// A change of the files in `conf.d` that is not made yet, so that the whole can be checked before.
package enum ConfigurationEdit: Hashable, Sendable {
    /// A file that is to be made, by its name, and what it is to hold.
    case adding(name: String, text: String)
    /// A file that is to be removed, by its name.
    case removing(name: String)

    /// What a file will hold; nil for one that is read from the disk.
    func content(of file: String, main: String) -> ConfigurationFiles.Content? {
        guard case .adding(let name, let text) = self,
            file == "\(ConfigurationFiles.fragments(beside: main))/\(name)"
        else { return nil }
        return ConfigurationFiles.Content(bytes: Array(text.utf8), isPrivate: false)
    }
}

extension ConfigurationEdit? {
    /// The names of files in `conf.d` as they will be.
    func applied(to names: [String]) -> [String] {
        switch self {
        case nil: names
        case .adding(let added, _): names.filter { $0 != added } + [added]
        case .removing(let removed): names.filter { $0 != removed }
        }
    }
}

extension Configuration {
    /// The folder of a configuration: where its main file is, without a slash at the end.
    ///
    /// - Parameters:
    ///   - path: of the main file; nil for the usual place.
    ///   - environment: of the process.
    /// - Returns: the path as it was named, which may be relative.
    package static func folder(path: String?, environment: [String: String]) -> String {
        let main = ConfigurationFiles.mainFile(path: path, environment: environment)
        guard let slash = main.lastIndex(of: "/") else { return "." }
        return slash == main.startIndex ? "/" : String(main[..<slash])
    }
}
