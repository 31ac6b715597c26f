internal import Platform
internal import Portal

extension SystemCallError {
    func asRuntimeError(_ context: String) -> SessionRuntimeError {
        SessionRuntimeError(isExhaustion ? .exhausted : .failed, "\(context): \(description)")
    }
}
