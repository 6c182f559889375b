import Alerting
import HTTP

// A provider may want an access token: then a poll begins with a login, unless a token of an earlier
// one can still be used.
extension Watch {
    /// The first request of a poll, and what it has of an access token.
    func firstRequest(
        of slot: Int,
        _ secret: Secret,
        _ digest: SecretDigest,
        _ now: Now
    ) throws(SecretFileError) -> (ProviderRequest?, Flight.Login) {
        let access = sources[slot].access
        guard access.login != nil else {
            return (try access.request(secret: secret, ports.secrets), .none)
        }
        let id = engine.roster.settings[slot].id
        guard let kept = accessTokens[id], kept.digest == digest, now.moment < kept.until else {
            accessTokens[id] = nil
            return (try access.loginRequest(secret: secret, ports.secrets), .underWay)
        }
        let request = try access.request(
            secret: secret,
            ports.secrets,
            accessToken: kept.secret
        )
        return (request, .kept)
    }

    /// Takes the answer to a login, and continues with the request that needs it.
    func loggedIn(_ slot: Int, _ flight: Flight, _ result: HTTPResult, _ now: Now) {
        let access = sources[slot].access
        guard let login = access.login else { return }
        switch login.take(result, secret: flight.secret, at: now.instant) {
        case .failed(let answer):
            let end = ListEnd(answer: answer, listing: nil)
            answered(slot, flight: flight.number, result, list: end)
        case .granted(let token):
            if token.life > .zero {
                accessTokens[engine.roster.settings[slot].id] = KeptToken(
                    secret: token.secret,
                    digest: flight.digest,
                    until: now.moment + token.life
                )
            }
            goOn(slot, flight, .fresh, now) { () throws(SecretFileError) in
                try access.request(
                    secret: flight.secret,
                    self.ports.secrets,
                    accessToken: token.secret
                )
            }
        }
    }

    /// Logs in during a poll whose access token, of an earlier poll, was rejected.
    func logInAgain(_ slot: Int, _ flight: Flight, _ now: Now) {
        accessTokens[engine.roster.settings[slot].id] = nil
        goOn(slot, flight, .underWay, now) { () throws(SecretFileError) in
            try self.sources[slot].access.loginRequest(secret: flight.secret, self.ports.secrets)
        }
    }

    private func goOn(
        _ slot: Int,
        _ flight: Flight,
        _ login: Flight.Login,
        _ now: Now,
        _ request: () throws(SecretFileError) -> ProviderRequest?
    ) {
        do {
            guard let request = try request() else { return }
            flights[slot]?.login = login
            flights[slot]?.callStartedAt = now.moment
            flights[slot]?.reading =
                login == .underWay
                ? nil : sources[slot].access.reading(request, secret: flight.secret)
            send(request, of: slot, flight: flight.number)
        } catch {
            if error.isShortage { return putOff(slot, "\(error)", now) }
            flights[slot] = nil
            engine.cancel(slot, askedAt: flight.startedAt, at: now)
            engine.lacksSecret(slot, "\(error)", at: now)
        }
    }
}

/// An access token that a later poll can use.
struct KeptToken: Sendable {
    let secret: Secret
    /// Of the token that logged in.
    let digest: SecretDigest
    let until: Moment
}
