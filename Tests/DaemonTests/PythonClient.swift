import Formats
import Foundation
import HTTP
import Monitor
import Store
import Testing

/// Python's `http.client` as a client of the status socket.
enum PythonClient {
    struct Answer {
        let status: Int
        let headers: [String: String]
        let body: String

        var json: JSONValue? { try? JSONValue(parsing: Array(body.utf8)) }
    }

    /// Asks one thing after the other, and counts how often it had to connect.
    ///
    /// The arguments are the socket and a JSON array of method, target and body.
    private static let script = """
        import http.client, json, socket, sys
        connections = 0
        class Connection(http.client.HTTPConnection):
            def connect(self):
                global connections
                connections += 1
                self.sock = socket.socket(socket.AF_UNIX)
                self.sock.connect(sys.argv[1])
        client = Connection("tokenwatchd")
        answers = []
        for method, target, body in json.loads(sys.argv[2]):
            client.request(method, target, body)
            answer = client.getresponse()
            headers = {name.lower(): value for name, value in answer.getheaders()}
            answers.append([answer.status, headers, answer.read().decode()])
        print(json.dumps([connections, answers]))
        """

    /// Prints each line of a streamed answer as it comes.
    static let follower = """
        import http.client, socket, sys
        class Connection(http.client.HTTPConnection):
            def connect(self):
                self.sock = socket.socket(socket.AF_UNIX)
                self.sock.connect(sys.argv[1])
        client = Connection("tokenwatchd")
        client.request("GET", sys.argv[2])
        answer = client.getresponse()
        print(answer.status, answer.headers["Content-Type"], flush=True)
        for line in answer:
            print(line.decode(), end="", flush=True)
        """

    /// - Returns: the answers, and how many connections they took.
    static func ask(
        _ socket: String,
        _ requests: [(method: String, target: String, body: String?)]
    ) async throws -> (answers: [Answer], connections: Int) {
        let list = requests.map { request -> [Any] in
            [request.method, request.target, request.body.map { $0 as Any } ?? NSNull()]
        }
        let text = try JSONSerialization.data(withJSONObject: list)
        let run = try await Programs.run(
            "/usr/bin/python3",
            ["-c", script, socket, String(decoding: text, as: UTF8.self)]
        )
        try #require(run.status == 0, "\(run.errors)")
        let json = try JSONValue(parsing: Array(run.output.utf8))
        let answers = try #require(json[1]?.elements)
        return (
            answers.map { answer in
                var headers: [String: String] = [:]
                for member in answer[1]?.members ?? [] { headers[member.key] = member.value.string }
                return Answer(
                    status: Int(answer[0]?.integer ?? 0),
                    headers: headers,
                    body: answer[2]?.string ?? ""
                )
            },
            Int(json[0]?.integer ?? 0)
        )
    }
}
