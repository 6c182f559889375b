import Alerting
import HTTP

// The logins of polls. A provider may need an access token: then a poll begins with a login, unless
// the access token of an earlier poll is still valid.
extension Polls {
    /// Returns the first request of a poll, and the state of its login.
    func firstRequest(
        _ watch: isolated Watch,
        _ slot: Int,
        _ secret: Secret,
        _ digest: SecretDigest,
        _ now: Now
    ) throws(SecretFileError) -> (ProviderRequest?, Flight.Login) {
        let access = watch.sources[slot].access
        guard access.login != nil else {
            return (try access.request(secret: secret, watch.ports.secrets), .none)
        }
        let id = watch.engine.roster.settings[slot].id
        guard let kept = accessTokens.find(of: id, with: digest, at: now.moment) else {
            return (try access.loginRequest(secret: secret, watch.ports.secrets), .underWay)
        }
        return (try access.request(secret: secret, watch.ports.secrets, accessToken: kept), .kept)
    }

    /// Takes the answer to a login, and continues with the request that needs it.
    func loggedIn(
        _ watch: isolated Watch,
        _ slot: Int,
        _ flight: Flight,
        _ result: HTTPResult,
        _ now: Now
    ) {
        let access = watch.sources[slot].access
        guard let login = access.login else { return }
        switch login.take(result, secret: flight.secret, at: now.instant) {
        case .failed(let answer):
            let end = ListEnd(answer: answer, listing: nil)
            answered(watch, slot, flight: flight.number, result, list: end)
        case .granted(let token):
            if token.life > .zero {
                accessTokens.keep(
                    token.secret,
                    of: watch.engine.roster.settings[slot].id,
                    with: flight.digest,
                    until: now.moment + token.life
                )
            }
            goOn(watch, slot, flight, .fresh, now) { () throws(SecretFileError) in
                try access.request(
                    secret: flight.secret,
                    watch.ports.secrets,
                    accessToken: token.secret
                )
            }
        }
    }

    /// Logs in during a poll after the provider rejected the access token of an earlier poll.
    func logInAgain(_ watch: isolated Watch, _ slot: Int, _ flight: Flight, _ now: Now) {
        accessTokens.drop(of: watch.engine.roster.settings[slot].id)
        goOn(watch, slot, flight, .underWay, now) { () throws(SecretFileError) in
            try watch.sources[slot].access.loginRequest(secret: flight.secret, watch.ports.secrets)
        }
    }

    private func goOn(
        _ watch: isolated Watch,
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
                ? nil : watch.sources[slot].access.reading(request, secret: flight.secret)
            send(watch, request, of: slot, flight: flight.number)
        } catch {
            if error.isShortage { return putOff(watch, slot, "\(error)", now) }
            cancel(watch, slot, flight, now)
            watch.engine.lacksSecret(slot, "\(error)", at: now)
        }
    }
}
