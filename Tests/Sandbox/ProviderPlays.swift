import Formats
import Glibc
import Monitor

/// The plays of a folder.
package enum ProviderPlays {
    /// Reads `NAME/play.toml` of every folder in a folder.
    ///
    /// - Parameters:
    ///   - folder: such as `Tests/Fixtures/providers`.
    ///   - lookAlikes: answers of `look-alikes.toml` beside them are given to every play too: what
    ///     stands between here and a provider says the same of all.
    /// - Returns: the plays, in the order of their names.
    /// - Throws: everything that is wrong with the first that is wrong.
    package static func load(
        _ folder: String,
        lookAlikes: Bool = true
    ) throws(ScenarioErrors) -> [ProviderPlay] {
        guard let directory = opendir(folder) else {
            throw ScenarioErrors(lines: ["\(folder): \(String(cString: strerror(errno)))"])
        }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if !name.hasPrefix("."), !name.hasSuffix(".toml") { names.append(name) }
        }
        var shared: [ProviderPlay.Answer] = []
        if lookAlikes {
            let file = "\(folder)/look-alikes.toml"
            let text = try contents(of: file)
            shared = try ProviderPlay(parsing: text, file: file, provider: "any").answers
        }
        var plays: [ProviderPlay] = []
        for name in names.sorted() {
            let file = "\(folder)/\(name)/play.toml"
            let text = try contents(of: file)
            plays.append(
                try ProviderPlay(parsing: text, file: file, provider: name).adding(shared)
            )
        }
        return plays
    }

    private static func contents(of path: String) throws(ScenarioErrors) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw ScenarioErrors(lines: ["\(path): \(String(cString: strerror(errno)))"])
        }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 64 * 1024)
        while bytes.count <= TOML.maximumBytes {
            let count = read(descriptor, &piece, piece.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            bytes += piece[..<count]
        }
        return bytes
    }
}

extension ProviderPlay {
    /// The play with more answers; one that asks nobody has none of them.
    fileprivate func adding(_ shared: [Answer]) -> ProviderPlay {
        guard !answers.contains(where: { $0.claims != nil }) else { return self }
        return ProviderPlay(
            provider: provider,
            secret: secret,
            method: method,
            path: path,
            headers: headers,
            body: body,
            settings: settings,
            answers: answers + shared.filter { answer($0.name) == nil },
            login: login
        )
    }
}
