import Formats
// Reads a TOML document on standard input and prints it as toml-test's tagged JSON, so that the
// public conformance suite can be run on the reader: see Tests/toml-suite.sh.
import Glibc

/// All of standard input, or one byte more than the reader takes.
func readInput() -> [UInt8] {
    var input: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 64 * 1024)
    while input.count <= TOML.maximumBytes {
        let count = read(STDIN_FILENO, &buffer, buffer.count)
        guard count > 0 else { break }
        input += buffer.prefix(count)
    }
    return input
}

let document = TOML.parse(readInput())
for error in document.errors {
    let line = "\(error)\n"
    // The C library's `stderr` is a mutable global, which Swift 6 does not let one use.
    write(STDERR_FILENO, line, line.utf8.count)
}
guard document.errors.isEmpty else { exit(1) }
print(taggedJSON(.table(document.root)))
