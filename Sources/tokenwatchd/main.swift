import Commands
import Glibc

// A reader or client that goes away is an error of one write, not the end of the process.
signal(SIGPIPE, SIG_IGN)
let session = Session.ofProcess { _, _ in
    print("tokenwatchd: this build has no daemon")
    return 71
}
exit(await Program.run(Array(CommandLine.arguments.dropFirst()), session))
