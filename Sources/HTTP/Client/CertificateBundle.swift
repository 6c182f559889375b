import CCurl
import CLinux
import Glibc

/// The certificate authorities of one client, as one file that libcurl parses once.
///
/// libcurl parses its authorities once for all connections only if they come from one file, not
/// from a directory or from memory (`CURLOPT_CAINFO_BLOB`). Some 140 certificates cost 15 ms and 1
/// MB to parse. So the system's file and `ca_file` are joined in an anonymous file (memfd), which
/// has a path as long as it is open.
package final class CertificateBundle: Sendable {
    /// The file for `CURLOPT_CAINFO`; nil if there are no authorities at all.
    package let path: String?
    /// The source of the authorities, for messages.
    let source: String
    private let memoryFile: Int32?

    /// Uses the system's file, or joins it with the given one.
    ///
    /// - Throws: If a file cannot be read, or `caFile` holds no certificate.
    package init(systemFile: String?, caFile: String?) throws(CertificateBundleError) {
        guard let caFile else {
            path = systemFile
            source = systemFile ?? "none"
            memoryFile = nil
            return
        }
        var joined = try systemFile.map(Self.read) ?? []
        let added = try Self.read(caFile)
        guard added.contains(subsequence: Array("-----BEGIN CERTIFICATE-----".utf8)) else {
            throw CertificateBundleError("\(caFile) contains no PEM certificate")
        }
        joined.append(UInt8(ascii: "\n"))
        joined.append(contentsOf: added)

        let file = clinux_memory_file("certificate-authorities")
        let path = "/proc/self/fd/\(file)"
        guard file >= 0, Self.write(joined, to: file), access(path, R_OK) == 0 else {
            let reason = String(cString: strerror(errno))
            if file >= 0 { close(file) }
            throw CertificateBundleError(
                "\(caFile) cannot be combined with the system's certificates: \(reason);"
                    + " check that /proc is mounted"
            )
        }
        self.path = path
        source = [systemFile, caFile].compactMap { $0 }.joined(separator: " and ")
        memoryFile = file
    }

    deinit {
        if let memoryFile { close(memoryFile) }
    }

    /// Returns the file of the system's certificate authorities, as placed by distributions.
    package static func systemFile() -> String? {
        [
            "/etc/ssl/certs/ca-certificates.crt",  // Debian, Ubuntu, Arch, Gentoo
            "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",  // Fedora, RHEL
            "/etc/pki/tls/certs/ca-bundle.crt",  // older Fedora, RHEL
            "/etc/ssl/ca-bundle.pem",  // openSUSE
            "/etc/ssl/cert.pem",  // Alpine
        ].first { access($0, R_OK) == 0 }
    }

    private static func read(_ path: String) throws(CertificateBundleError) -> [UInt8] {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            throw .unreadable(path)
        }
        defer { close(file) }
        // Debian's bundle has 0.2 MiB.
        let maximumBytes = 8 << 20
        var content: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = Glibc.read(file, &chunk, chunk.count)
            guard count >= 0 else {
                throw .unreadable(path)
            }
            if count == 0 { return content }
            content.append(contentsOf: chunk[..<count])
            guard content.count <= maximumBytes else {
                throw CertificateBundleError(
                    "\(path) is larger than 8 MiB; it must hold certificate authorities in PEM"
                )
            }
        }
    }

    private static func write(_ bytes: [UInt8], to file: Int32) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
            guard count > 0 else { return false }
            rest.removeFirst(count)
        }
        return true
    }
}

/// The reason why certificate authorities cannot be used: the file, and the error in it.
package struct CertificateBundleError: Error, CustomStringConvertible {
    package let description: String

    init(_ description: String) {
        self.description = description
    }

    /// Returns the error for the error number of the call that has just failed.
    fileprivate static func unreadable(_ path: String) -> CertificateBundleError {
        let reason = String(cString: strerror(errno))
        return CertificateBundleError(
            "\(path): \(reason); name a file of PEM certificates that the daemon's user can read"
        )
    }
}

extension [UInt8] {
    fileprivate func contains(subsequence: [UInt8]) -> Bool {
        split(separator: UInt8(ascii: "\n")).contains { $0.starts(with: subsequence) }
    }
}
