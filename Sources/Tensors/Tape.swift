internal import CKernels

/// A tensor together with its place on a tape.
package struct Value {
  package let tensor: Tensor
  /// Nil for constants, through which no gradient flows.
  let node: Int?

  /// A value that no gradient is wanted for.
  package init(constant tensor: Tensor) {
    self.tensor = tensor
    node = nil
  }

  init(tensor: Tensor, node: Int?) {
    self.tensor = tensor
    self.node = node
  }

  package var rows: Int { tensor.rows }
  package var width: Int { tensor.width }
}

/// Runs the operations of a model and, if it records, remembers how to take their gradients.
///
/// Models are written once against a tape; answering uses one that does not record. A tape belongs to one thread
/// (operations may use several inside); its parameter gradients are added to a `GradientStore`.
package final class Tape {
  package let backend: Backend
  package let pool: MemoryPool
  /// Whether gradients can be taken.
  package let records: Bool
  /// The format in which matrix products round their operands. Parameters that are stored in bfloat16 are always used
  /// as they are.
  package let precision: DType
  private let gradients: GradientStore?
  private var nodes: [Node] = []
  private var parameterNodes: [ObjectIdentifier: Int] = [:]

  private struct Node {
    var gradient: Tensor?
    /// Receives the gradient of the node's value and adds to those of its inputs.
    let backward: ((Tensor) -> Void)?
    let parameter: Parameter?
  }

  /// A tape for computing only.
  package init(backend: Backend, pool: MemoryPool = MemoryPool()) {
    self.backend = backend
    self.pool = pool
    records = false
    precision = .float32
    gradients = nil
  }

  /// A tape that takes gradients into `gradients`.
  package init(
    recordingInto gradients: GradientStore, backend: Backend, pool: MemoryPool, precision: DType = .float32
  ) {
    self.backend = backend
    self.pool = pool
    records = true
    self.precision = precision
    self.gradients = gradients
  }

  /// A parameter as an operand.
  package func value(of parameter: Parameter) -> Value {
    let tensor = precision == .bfloat16 ? parameter.rounded ?? parameter.tensor : parameter.tensor
    guard records, parameter.isTrainable else { return Value(constant: tensor) }
    let key = ObjectIdentifier(parameter)
    let node = parameterNodes[key] ?? append(Node(gradient: nil, backward: nil, parameter: parameter))
    parameterNodes[key] = node
    return Value(tensor: tensor, node: node)
  }

  /// A parameter as an operand of an operation that is always done in float32 (norms, biases, embeddings).
  func wideValue(of parameter: Parameter) -> Value {
    let value = value(of: parameter)
    return Value(tensor: backend.floats(of: parameter.tensor, pool: pool), node: value.node)
  }

  /// A tensor whose gradient is wanted after `backward`, besides those of parameters.
  package func input(_ tensor: Tensor) -> Value {
    guard records else { return Value(constant: tensor) }
    return Value(tensor: tensor, node: append(Node(gradient: nil, backward: nil, parameter: nil)))
  }

  /// The same value, behind which no gradient flows.
  package func detached(_ value: Value) -> Value { Value(constant: value.tensor) }

  /// Takes the gradients of a scalar with respect to everything that it was computed from.
  package func backward(from loss: Value, scale: Float = 1) {
    guard let last = loss.node else { return }
    accumulate(Tensor([scale], shape: loss.tensor.shape), into: loss)
    for index in stride(from: last, through: 0, by: -1) {
      guard let backward = nodes[index].backward, let gradient = nodes[index].gradient else { continue }
      nodes[index].gradient = nil
      backward(gradient)
    }
  }

  /// The gradient of a value made by `input`, once `backward` has run.
  package func gradient(of value: Value) -> Tensor? {
    value.node.flatMap { nodes[$0].gradient }
  }

  // MARK: What operations use

  /// Whether an operation must be recorded. Operations ask before they make the closure that takes their gradients.
  func isTracked(_ a: Value, _ b: Value? = nil, _ c: Value? = nil) -> Bool {
    records && (a.node != nil || b?.node != nil || c?.node != nil)
  }

  /// The result of a tracked operation.
  func record(_ tensor: Tensor, backward: @escaping (Tensor) -> Void) -> Value {
    Value(tensor: tensor, node: append(Node(gradient: nil, backward: backward, parameter: nil)))
  }

  func make(_ shape: Shape) -> Tensor { Tensor(uninitialized: shape, pool: pool) }

  func make(_ rows: Int, _ width: Int) -> Tensor { make(Shape(rows, width)) }

  func zeros(_ shape: Shape) -> Tensor { Tensor.zeros(shape, pool: pool) }

  /// Adds `gradient` to what is known of a value's gradient. The tensor may be kept and later added to, so the caller
  /// must not use it again.
  func accumulate(_ gradient: Tensor, into value: Value) {
    withGradient(of: value) { sum, isSet in
      if isSet {
        backend.kernels.functions.add(
          sum.floatPointer, gradient.floatPointer, sum.floatPointer, Int64(sum.count))
      } else {
        sum.floatPointer.update(from: gradient.floatPointer, count: sum.count)
      }
    } orAdopt: {
      gradient
    }
  }

  /// Lets an operation write straight into a value's gradient sum: `write` gets the memory and whether it holds part of
  /// the sum already (add to it) or nothing yet (overwrite it).
  /// - Parameter orAdopt: A finished tensor to take as the sum when there is none yet and no memory is set aside.
  func withGradient(of value: Value, _ write: (Tensor, Bool) -> Void, orAdopt: (() -> Tensor)? = nil) {
    guard let index = value.node else { return }
    if let parameter = nodes[index].parameter {
      guard let gradients else { return }
      let entry = gradients.accumulator(for: parameter)
      write(entry.tensor, entry.isSet)
    } else if let sum = nodes[index].gradient {
      write(sum, true)
    } else if let orAdopt {
      nodes[index].gradient = orAdopt()
    } else {
      let sum = make(value.tensor.shape)
      write(sum, false)
      nodes[index].gradient = sum
    }
  }

  /// As `withGradient`, for operations that can only add.
  func addGradient(of value: Value, _ add: (Tensor) -> Void) {
    withGradient(of: value) { sum, isSet in
      if !isSet { sum.floatPointer.update(repeating: 0, count: sum.count) }
      add(sum)
    }
  }

  private func append(_ node: Node) -> Int {
    nodes.append(node)
    return nodes.count - 1
  }
}
