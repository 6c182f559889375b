import Glibc

/// The reading of open files by their descriptors.
enum OpenedFile {
    /// Returns the content of a file, up to its end or until it is longer than `limit`.
    ///
    /// - Returns: nil if a read failed, which sets errno.
    static func content(of file: Int32, limit: Int) -> [UInt8]? {
        var content: [UInt8] = []
        return withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) { chunk in
            while content.count <= limit {
                let count = read(file, chunk.baseAddress, chunk.count)
                if count < 0 && errno == EINTR { continue }
                guard count >= 0 else { return nil }
                if count == 0 { break }
                content.append(contentsOf: chunk[..<count])
            }
            return content
        }
    }
}
