import Commands
import Glibc
import Monitor

// Every command may come to hold a secret.
ProcessMemory.hide()
// A reader or client that goes away is an error of one write, not the end of the process.
signal(SIGPIPE, SIG_IGN)
exit(await Program.run(Array(CommandLine.arguments.dropFirst()), Session.ofProcess()))
