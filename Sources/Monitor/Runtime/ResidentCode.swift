import Glibc

/// The machine code that is in memory because it, or code next to it, ran.
enum ResidentCode {
    /// Frees all of it: code that runs again returns from the page cache, by a few dozen faults.
    ///
    /// The start runs the parser of the configuration and the initializers of some thirty
    /// libraries: 8 MB of code that no poll needs. Code is mapped from files and never written,
    /// so that nothing is lost (madvise(2), MADV_DONTNEED).
    static func release() {
        guard let file = fopen("/proc/self/maps", "re") else { return }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 4096 + 128)
        while fgets(&line, Int32(line.count), file) != nil {
            // A line has this form: start-end permissions offset device inode path.
            let text = String(
                decoding: line.lazy.map(UInt8.init(bitPattern:)).prefix { $0 != 0 },
                as: UTF8.self
            )
            let words = text.split(separator: " ", maxSplits: 5)
            guard words.count == 6, words[1] == "r-xp", words[5].contains("/") else { continue }
            let bounds = words[0].split(separator: "-").compactMap { UInt(String($0), radix: 16) }
            guard bounds.count == 2, let start = UnsafeMutableRawPointer(bitPattern: bounds[0])
            else { continue }
            _ = madvise(start, Int(bounds[1] - bounds[0]), MADV_DONTNEED)
        }
    }
}
