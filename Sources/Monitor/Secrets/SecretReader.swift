/// The reader of secrets in the places that the configuration sets, each time they are needed.
package struct SecretReader: Sendable {
    /// The directory `$CREDENTIALS_DIRECTORY`; nil outside a service that has credentials.
    private let credentialsDirectory: String?

    /// The reader of the files.
    private let reader: SecretFile.Reader

    /// - Parameters:
    ///   - environment: the environment of the process.
    ///   - reader: the user of the checks; a command that root runs checks for the service.
    package init(
        environment: [String: String],
        for reader: SecretFile.Reader = .ownProcess
    ) {
        self.reader = reader
        credentialsDirectory = environment["CREDENTIALS_DIRECTORY"]
    }

    /// A secret, and the identity of its file.
    package struct Reading: Sendable {
        package let secret: Secret
        /// The identity before the reading, to detect a change; nil for an inline secret.
        package let identity: FileIdentity?
    }

    package func read(_ source: SecretSource) throws(SecretFileError) -> Reading {
        switch source {
        case .inline(let secret): return Reading(secret: secret, identity: nil)
        case .file(let path): return try SecretFile.read(path, for: reader)
        case .credential(let name):
            guard let credentialsDirectory else {
                throw SecretFileError(
                    "credential \(name) is not there: $CREDENTIALS_DIRECTORY is not set; "
                        + "add LoadCredential=\(name):PATH to the service"
                )
            }
            return try SecretFile.read("\(credentialsDirectory)/\(name)", trusted: true)
        }
    }

    /// Returns the current identity of a secret's file; nil if it has none.
    package func identity(of source: SecretSource) -> FileIdentity? {
        switch source {
        case .inline: nil
        case .file(let path): FileIdentity(path: path)
        case .credential(let name):
            credentialsDirectory.flatMap { FileIdentity(path: "\($0)/\(name)") }
        }
    }
}
