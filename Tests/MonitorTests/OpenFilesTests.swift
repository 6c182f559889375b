import Testing

@testable import HTTP
@testable import Monitor

struct OpenFilesTests {
    @Test(arguments: [64, 256, 1024, 4096, 1_048_576])
    func `polls, deliveries and clients together stay below the limit of open files`(limit: Int) {
        let files = OpenFiles(limit: limit)
        // A request may have three: its connection, and two to find the address.
        let requests = files.requests == 1 ? 1 : 6 * files.requests
        #expect(requests + files.clients < limit)
        #expect(files.requests >= 1 && files.clients >= 16)
        let limits = HTTPLimits(files)
        #expect(limits.connections == files.clients)
        #expect(limits.keptForUnix > 0 && limits.keptForUnix < limits.connections)
    }

    @Test func `too low a limit is a shortage that names both numbers`() {
        #expect(OpenFiles(limit: OpenFiles.least).shortage == nil)
        for limit in [0, 20, OpenFiles.least - 1] {
            #expect(
                OpenFiles(limit: limit).shortage
                    == "the limit of open files is \(limit), and the daemon needs 48 or more; "
                    + "raise it: LimitNOFILE=, ulimit -Hn"
            )
        }
    }

    @Test func `the limit that a service has is enough for all that may be configured`() {
        #expect(OpenFiles(limit: 4096).requests >= 512)
        #expect(OpenFiles(limit: 4096).clients == HTTPLimits().connections)
    }
}
