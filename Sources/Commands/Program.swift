import Monitor

/// The program: a command line in, an exit status out.
package enum Program {
    /// Runs the command line `arguments`, without the program's name.
    @concurrent
    package static func run(_ arguments: [String], _ session: Session) async -> Int32 {
        do {
            switch try ArgumentParser.parse(arguments) {
            case .version: session.console.print("tokenwatchd \(Version.number)")
            case .help(nil): session.console.print(HelpText.program())
            case .help(let command?): session.console.print(HelpText.command(command))
            case .command(let command, let arguments):
                return try await command.run(arguments, session)
            }
            return ExitStatus.ok
        } catch let error as UsageError {
            session.console.complain(error.lines)
            return ExitStatus.usage
        } catch let failure as Failure {
            session.console.complain(failure.lines)
            return failure.status
        } catch {
            session.console.complain(["tokenwatchd: \(error)"])
            return ExitStatus.unknown
        }
    }
}
