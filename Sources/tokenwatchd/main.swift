import Commands
import Glibc
import Monitor

// Dispatch reports to syslog(3) that only root may raise the priority of its threads, and that call
// blocks while the log daemon is stuck. Notifications use a socket of their own (SyslogSocket).
setlogmask(1 << LOG_EMERG)
// Every command may come to hold a secret.
ProcessMemory.hide()
// A reader or client that goes away is an error of one write, not the end of the process.
signal(SIGPIPE, SIG_IGN)
exit(await Program.run(Array(CommandLine.arguments.dropFirst()), Session.ofProcess()))
