/// Flags of LLaVA's and llama.cpp's programs that mean nothing here, and what to do instead.
enum ForeignFlags {
  static func meaning(of flag: String) -> String? { meanings[flag] }

  private static let meanings: [String: String] = {
    let processor = "gamma-mod computes on the processor and chooses its kernels itself; leave it out"
    let context = "the context is the model's own; leave it out"
    let groups: [([String], String)] = [
      (
        ["--device", "--gpu", "--num-gpus", "--n-gpu-layers", "-ngl", "--gpu-layers", "--flash-attn", "-fa"],
        processor
      ),
      (["--ctx-size", "-c", "--context_len"], context),
      (["--sep"], "pictures are named one by one; repeat --image for each"),
      (["--model-name", "--model_name"], "the family is read from the model's config.json; leave it out"),
      (["--debug", "--verbose", "--log-disable"], "there is nothing more to tell; leave it out"),
      (["--do_sample", "--do-sample"], "--temperature above 0 samples, and 0 takes the likeliest token"),
      (["--single-pred-prompt"], "the benchmark's protocol asks for single letters by itself; leave it out"),
      (["--all-rounds"], "every question is asked once, as the protocol llava scores; leave it out"),
      (["--lang"], "the language is read from the name of MMBench's table; leave it out"),
      (["--options"], "sampling has flags of its own, such as --temperature and --top-p"),
      (
        ["--load-bf16", "--bf16", "--fp16", "--half"],
        "the format of weights is chosen by --dtype f32, bf16, int8 or int4"
      ),
      (["--mmproj"], "the projector is a part of the model's folder; leave it out"),
      (
        ["--penalize-nl", "--mirostat"],
        "this way of sampling is not there; --temperature, --top-k, --top-p and --min-p are"
      ),
    ]
    return Dictionary(groups.flatMap { flags, text in flags.map { ($0, text) } }) { first, _ in first }
  }()
}
