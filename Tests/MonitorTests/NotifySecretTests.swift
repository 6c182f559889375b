import Alerting
import Foundation
import Glibc
import Testing

@testable import Monitor

private let planted = "T0PS3CRET"

@Test(arguments: [
    ("abc", "abc"), ("abc\n", "abc"), (" a b~", " a b~"),
])
func `a secret is one line, without the line feed at its end`(content: String, value: String)
    throws
{
    #expect(try Secret(validating: content.utf8).reveal() == value)
}

@Test(arguments: [
    (Array("".utf8), SecretProblem.empty), (Array("\n".utf8), .empty),
    (Array("a\n\n".utf8), .severalLines), (Array("a\nb".utf8), .severalLines),
    (Array("a\r\n".utf8), .windowsLineEnd), (Array("a\tb".utf8), .notPrintable(position: 2)),
    (Array("ü".utf8), .notPrintable(position: 1)), ([0x7f], .notPrintable(position: 1)),
    (Array(repeating: 0x61, count: 65537), .tooLong),
])
func `what is not one line of printable ASCII is no secret`(
    content: [UInt8],
    problem: SecretProblem
) {
    #expect(throws: problem) { try Secret(validating: content) }
}

@Test func `a secret cannot be printed`() throws {
    struct Holder { let secret: Secret }
    let secret = try Secret(validating: planted.utf8)
    var shown = "\(secret) \(String(reflecting: secret)) \(Holder(secret: secret)) \([secret])"
    dump(Holder(secret: secret), to: &shown)
    for child in Mirror(reflecting: secret).children { shown += "\(child)" }
    #expect(!shown.contains(planted))
    let numbers = planted.utf8.map(String.init).joined(separator: ", ")
    #expect(!shown.contains(numbers), "not as numbers either")
    #expect("\([Array(planted.utf8)])".contains(numbers), "as an array of bytes is shown")
    #expect("\(secret)" == "(secret)")
}

@Test func `the digest of a secret is HMAC-SHA256 cut to 16 bytes`() throws {
    // RFC 4231 §4.3, test case 2.
    let secret = try Secret(validating: "what do ya want for nothing?".utf8)
    let digest = secret.digest(key: Array("Jefe".utf8))
    #expect(digest == SecretDigest(high: 0x5bdc_c146_bf60_754e, low: 0x6a04_2426_0895_75c7))
    #expect(digest != secret.digest(key: []))
    for key in [Array("Jefe".utf8), [], [UInt8](repeating: 7, count: 200)] {
        let digester = SecretDigester(key: key)
        for _ in 1...2 { #expect(digester.digest(of: secret) == secret.digest(key: key)) }
    }
}

@Test func `base 64 goes back and forth, and takes nothing else`() {
    for count in 0...70 {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 37 + 5) }
        let text = Base64.encode(bytes)
        #expect(text == Data(bytes).base64EncodedString())
        #expect(Base64.decode(text.utf8) == bytes)
    }
    for text in ["a", "ab", "abc", "ab=c", "====", "ab==cd==", "ab-_", "aB==\n", "aa=="] {
        let expected = text == "aa==" ? Data(base64Encoded: text).map { Array($0) } : nil
        // "aa==" has bits beyond its byte, which Foundation overlooks.
        #expect(Base64.decode(text.utf8) == nil || Base64.decode(text.utf8) == expected)
    }
    #expect(Base64.decode("aa==".utf8) == nil)
}

/// A file of a test, removed at its end.
private final class TemporaryFile {
    let path = "/tmp/tokenwatchd-secret-\(UUID().uuidString)"

    init(_ content: String, mode: mode_t = 0o600) throws {
        try Data(content.utf8).write(to: URL(fileURLWithPath: path))
        try #require(chmod(path, mode) == 0)
    }

    deinit { unlink(path) }
}

private let reader = SecretFile.Reader(user: geteuid(), group: getegid())
private let daemon = SecretFile.Reader(user: 4711, group: 4712)

@Test func `a file that only its owner reads is read, and known again by its identity`() throws {
    let file = try TemporaryFile("\(planted)\n")
    let content = try SecretFile.read(file.path, for: reader)
    #expect(content.secret.reveal() == planted)
    #expect(content.identity == FileIdentity(path: file.path))
    try Data("another".utf8).write(to: URL(fileURLWithPath: file.path))
    #expect(content.identity != FileIdentity(path: file.path))
}

@Test(arguments: [0o604, 0o644, 0o666, 0o601, 0o620, 0o622, 0o640, 0o700, 0o600, 0o400])
func `a file that others can open is refused with the command that mends it`(mode: Int) throws {
    let file = try TemporaryFile(planted, mode: mode_t(mode))
    if mode & 0o027 == 0 {
        #expect(try SecretFile.read(file.path, for: reader).secret.reveal() == planted)
        return
    }
    let octal = String(mode, radix: 8)
    let verb = mode & 0o022 != 0 ? "written" : "read"
    let error = #expect(throws: SecretFileError.self) {
        try SecretFile.read(file.path, for: reader)
    }
    #expect(
        error?.description
            == "\(file.path) can be \(verb) by others (mode 0\(octal));"
            + " run: chmod 0600 \(file.path)"
    )
    #expect(try SecretFile.read(file.path, trusted: true, for: reader).secret.reveal() == planted)
}

@Test(.enabled(if: geteuid() == 0))
func `owner and group decide for a daemon of its own user`() throws {
    let file = try TemporaryFile(planted, mode: 0o640)
    // root:daemon's group, then daemon's own, are what an installation makes.
    try #require(chown(file.path, 0, 4712) == 0)
    #expect(try SecretFile.read(file.path, for: daemon).secret.reveal() == planted)
    try #require(chown(file.path, 4711, 4712) == 0)
    #expect(try SecretFile.read(file.path, for: daemon).secret.reveal() == planted)

    try #require(chown(file.path, 0, 5000) == 0)
    let group = #expect(throws: SecretFileError.self) {
        try SecretFile.read(file.path, for: daemon)
    }
    #expect(group?.description.contains("can be read by group 5000") == true)
    // Root can read its own file; the daemon that it checks for cannot.
    try #require(chown(file.path, 0, 0) == 0 && chmod(file.path, 0o600) == 0)
    let own = #expect(throws: SecretFileError.self) {
        try SecretFile.read(file.path, for: daemon)
    }
    #expect(own?.description.contains("cannot be read by user 4711") == true)
    // One command for both: the group of root is not the daemon's.
    try #require(chmod(file.path, 0o644) == 0)
    let open = #expect(throws: SecretFileError.self) {
        try SecretFile.read(file.path, for: daemon)
    }
    let command = "run: chown 4711 \(file.path) && chmod 0600 \(file.path)"
    #expect(open?.description.hasSuffix(command) == true)
    let root = SecretFile.Reader(user: 0, group: 0)
    #expect(
        SecretFile.openingFailed("/x", errno: EACCES, for: root).description.contains(
            "by user root"
        )
    )
    try #require(chmod(file.path, 0o640) == 0)
    try #require(chown(file.path, 5000, 4712) == 0)
    let owner = #expect(throws: SecretFileError.self) {
        try SecretFile.read(file.path, for: daemon)
    }
    #expect(owner?.description.contains("is owned by uid 5000") == true)
    #expect(owner?.description.contains("run: chown 4711 \(file.path) && chmod 0600") == true)
}

@Test(.enabled(if: geteuid() == 0))
func `a user who is neither root nor the service is sent to sudo, not to chown`() throws {
    let visitor = SecretFile.Reader(user: 1500, group: 1500, isVisitor: true)
    let file = try TemporaryFile(planted, mode: 0o640)
    let owners: [(uid_t, gid_t)] = [(0, 0), (0, 4712), (4711, 4711)]
    for (owner, group) in owners {
        try #require(chown(file.path, owner, group) == 0)
        let error = #expect(throws: SecretFileError.self) {
            try SecretFile.read(file.path, for: visitor)
        }
        #expect(
            error?.description
                == "\(file.path): this user cannot check it; run the command with sudo"
        )
        #expect(error?.isForbidden == true)
    }
    // Of a file of their own the usual advice holds.
    try #require(chown(file.path, 1500, 1500) == 0 && chmod(file.path, 0o644) == 0)
    let own = #expect(throws: SecretFileError.self) {
        try SecretFile.read(file.path, for: visitor)
    }
    #expect(own?.description.hasSuffix("run: chmod 0600 \(file.path)") == true)
    #expect(own?.isForbidden == false)
    let closed = SecretFile.openingFailed("/x", errno: EACCES, for: visitor)
    #expect(closed.description == "/x: permission denied; run the command with sudo")
    #expect(closed.isForbidden)
    let daemons = SecretFile.openingFailed("/x", errno: EACCES, for: daemon)
    #expect(daemons.description.hasSuffix("run: chown 4711 /x && chmod 0600 /x"))
    #expect(!daemons.isForbidden)
}

@Test(arguments: [
    ("", "is empty"), ("\n", "is empty"), ("\(planted)\n\(planted)", "more than one line"),
    ("\(planted)\u{1b}", "position 10"),
    (String(repeating: "x", count: 70_000), "larger than 64 KiB"),
])
func `a file without one secret is refused without showing what is in it`(
    content: String,
    reason: String
) throws {
    let file = try TemporaryFile(content)
    let error = #expect(throws: SecretFileError.self) {
        try SecretFile.read(file.path, for: reader)
    }
    #expect(error?.description.hasPrefix(file.path) == true)
    #expect(error?.description.contains(reason) == true)
    #expect(error?.description.contains(planted) == false)
}

@Test func `a link is followed to a file that passes, and what is no file is refused`() throws {
    let file = try TemporaryFile(planted)
    let link = file.path + ".link"
    try #require(symlink(file.path, link) == 0)
    defer { unlink(link) }
    #expect(try SecretFile.read(link, for: reader).secret.reveal() == planted)
    try #require(chmod(file.path, 0o644) == 0)
    #expect(throws: SecretFileError.self) { try SecretFile.read(link, for: reader) }

    let pipe = file.path + ".fifo"
    try #require(mkfifo(pipe, 0o600) == 0)
    defer { unlink(pipe) }
    for path in [pipe, "/tmp", "/dev/zero"] {
        let error = #expect(throws: SecretFileError.self) {
            try SecretFile.read(path, for: reader)
        }
        let what =
            path == "/tmp"
            ? "a directory; name the file that holds the secret"
            : "not a regular file; store the secret in one"
        #expect(error?.description == "\(path) is \(what)")
    }
    let missing = #expect(throws: SecretFileError.self) {
        try SecretFile.read(file.path + ".none", for: reader)
    }
    #expect(missing?.description == "\(file.path).none does not exist")
}
