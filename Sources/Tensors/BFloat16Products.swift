internal import CKernels
internal import Synchronization

#if canImport(COneDNN)
  internal import COneDNN

  /// oneDNN's products of bfloat16 matrices with float32 results, made once per size; each runs on the calling thread.
  ///
  /// Safe to share: the table of primitives is behind a lock, and primitives themselves never change.
  final class BFloat16Products: @unchecked Sendable {
    private struct Key: Hashable {
      let m, n, k: Int
      let transposeA, transposeB, accumulate: Bool
    }

    private struct Primitive: @unchecked Sendable {
      let handle: dnnl_primitive_t
    }

    private let engine: dnnl_engine_t
    private let primitives = Mutex<[Key: Primitive]>([:])

    /// Nil where the processor has no bfloat16 instructions, since oneDNN would emulate them at a fraction of the
    /// speed of widening the numbers first, or slow ones.
    static func ifFast() -> BFloat16Products? {
      guard gm_multiplies_halves_fast() != 0 else { return nil }
      switch dnnl_get_effective_cpu_isa() {
      case dnnl_cpu_isa_avx512_core_bf16, dnnl_cpu_isa_avx512_core_amx: return BFloat16Products()
      default: return nil
      }
    }

    init?() {
      var engine: dnnl_engine_t?
      guard dnnl_engine_create(&engine, dnnl_cpu, 0) == dnnl_success, let engine else { return nil }
      self.engine = engine
    }

    deinit {
      primitives.withLock { for primitive in $0.values { dnnl_primitive_destroy(primitive.handle) } }
      dnnl_engine_destroy(engine)
    }

    /// out [m, n] (+)= a [m, k] · b [k, n], each possibly stored transposed.
    /// - Returns: false where oneDNN has no fast implementation; `out` is then untouched.
    func multiply(
      _ a: UnsafePointer<UInt16>, transposed transposeA: Bool, _ b: UnsafePointer<UInt16>,
      transposed transposeB: Bool, into out: UnsafeMutablePointer<Float>, m: Int, n: Int, k: Int,
      accumulate: Bool
    ) -> Bool {
      let key = Key(m: m, n: n, k: k, transposeA: transposeA, transposeB: transposeB, accumulate: accumulate)
      guard let primitive = primitive(for: key) else { return false }
      omp_set_num_threads(1)
      var stream: dnnl_stream_t?
      guard dnnl_stream_create(&stream, engine, UInt32(dnnl_stream_default_flags.rawValue)) == dnnl_success
      else { return false }
      defer { dnnl_stream_destroy(stream) }
      return gm_matmul_run(
        engine, stream, primitive.handle, Int64(m), Int64(n), Int64(k), transposeA ? 1 : 0,
        transposeB ? 1 : 0, a, b,
        out) == dnnl_success
    }

    private func primitive(for key: Key) -> Primitive? {
      primitives.withLock { known in
        if let primitive = known[key] { return primitive }
        var handle: dnnl_primitive_t?
        var name: UnsafePointer<CChar>?
        let status = gm_matmul_create(
          engine, Int64(key.m), Int64(key.n), Int64(key.k), key.transposeA ? 1 : 0, key.transposeB ? 1 : 0,
          key.accumulate ? 1 : 0, &handle, &name)
        guard status == dnnl_success, let handle else { return nil }
        // Reference implementations are thousands of times slower than widening to float32.
        if let name, String(cString: name).hasPrefix("ref") {
          dnnl_primitive_destroy(handle)
          return nil
        }
        known[key] = Primitive(handle: handle)
        return known[key]
      }
    }
  }
#else
  /// No library with bfloat16 products here: numbers are widened to float32.
  final class BFloat16Products: Sendable {
    static func ifFast() -> BFloat16Products? { nil }

    func multiply(
      _ a: UnsafePointer<UInt16>, transposed transposeA: Bool, _ b: UnsafePointer<UInt16>,
      transposed transposeB: Bool, into out: UnsafeMutablePointer<Float>, m: Int, n: Int, k: Int,
      accumulate: Bool
    ) -> Bool { false }
  }
#endif
