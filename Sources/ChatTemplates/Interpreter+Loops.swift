extension Interpreter {
  /// Runs a loop over the elements of a value.
  /// - Parameter depth0: How many loops of the same recursion are open.
  func run(_ loop: Statement.Loop, over values: Value, depth0: Int) throws -> Flow {
    let outer = scope
    let source = try values.iterate(budget)
    let next: () throws -> Value? =
      if let test = loop.test {
        {
          while let item = try source() {
            let inner = Scope(in: outer)
            let passes = try self.inScope(inner) {
              try self.assign(item, to: loop.target)
              return try self.evaluate(test).isTrue
            }
            if passes { return item }
          }
          return nil
        }
      } else { source }
    let context = LoopContext(
      next, length: loop.test == nil ? try values.length() : nil, depth0: depth0,
      recursion: loop.isRecursive ? LoopContext.Recursion(loop: loop, scope: kept(outer)) : nil)
    defer { context.end() }
    while try context.advance() {
      let flow = try inScope(Scope([("loop", .loop(context))], in: outer)) {
        try assign(context.current, to: loop.target)
        return try run(loop.body)
      }
      if flow == .leavesLoop { break }
    }
    guard context.index0 < 0 else { return .onward }
    return try inScope(Scope(in: outer)) { try run(loop.otherwise) }
  }

  /// Calls `loop(values)` of a recursive loop.
  func recurse(_ context: LoopContext, _ arguments: Arguments) throws -> Value {
    guard let recursion = context.recursion, let outer = recursion.scope.scope else {
      throw TemplateFault("the loop is not recursive; mark it 'recursive'")
    }
    guard arguments.positional.count == 1, arguments.keywords.isEmpty else {
      throw TemplateFault("loop() takes one argument")
    }
    return .text(
      try captured {
        try inScope(outer) {
          try run(recursion.loop, over: arguments.positional[0], depth0: context.depth0 + 1)
        }
      }.text)
  }
}
