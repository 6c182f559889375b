/// The options of the command line.
struct Options {
    var scenario: String?
    var plays: String?
    var host = "127.0.0.1"
    var port: UInt16 = 0
    var speed = 1.0
    var prints = false
    var syslog: String?

    /// What came of reading the arguments.
    enum Reading {
        case run(Options)
        case help
        /// What is wrong, and what would do.
        case bad(String)
    }

    static let usage = """
        usage: tokenwatch-sandbox --scenario FILE [--plays FOLDER] [--listen HOST:PORT]
                                  [--speed N] [--print] [--syslog PATH]

        A stand-in for VPS.org's API, with scripted tokens and faults, answers of other
        providers, and a receiver of webhooks under /hooks/NAME.

          --scenario FILE     what is played; config/sandbox-scenario.toml explains the keys
          --plays FOLDER      answers of providers, such as Tests/Fixtures/providers; each has
                              the base URL http://HOST:PORT/play/PROVIDER/ANSWER
          --listen HOST:PORT  default 127.0.0.1:0; port 0 is any that is free
          --speed N           sandbox seconds a second, above 0 to 1000000; default 1
          --print             a line for every webhook that is received
          --syslog PATH       be the log daemon on this socket, and print its messages
        """

    /// Reads the arguments, without the program's name.
    static func read(_ arguments: [String]) -> Reading {
        var options = Options()
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            switch argument {
            case "--help", "-h": return .help
            case "--print": options.prints = true
            case "--scenario", "--plays", "--listen", "--speed", "--syslog":
                guard let value = rest.popFirst() else { return .bad("\(argument) needs a value") }
                if let problem = options.set(argument, to: value) { return .bad(problem) }
            default: return .bad("there is no option \(argument)")
            }
        }
        guard options.scenario != nil else { return .bad("--scenario FILE is missing") }
        return .run(options)
    }

    /// - Returns: what is wrong with the value.
    private mutating func set(_ name: String, to value: String) -> String? {
        switch name {
        case "--scenario": scenario = value
        case "--plays": plays = value
        case "--syslog": syslog = value
        case "--speed":
            guard let number = Double(value), number > 0, number <= 1_000_000 else {
                return "--speed is \(value); it must be a number above 0, at most 1000000"
            }
            speed = number
        default:
            guard let colon = value.lastIndex(of: ":"), colon != value.startIndex,
                let number = UInt16(value[value.index(after: colon)...])
            else { return "--listen is \(value); it must be HOST:PORT such as 127.0.0.1:0" }
            host = String(value[..<colon])
            port = number
        }
        return nil
    }
}
