import Testing

@testable import PocketWorld

@Suite struct SceneTests {
  @Test func sceneDoesNotDependOnTheScenesBefore() {
    let generator = SceneGenerator(seed: 3, split: .train)
    let inOrder = (0..<200).map { generator.scene(at: $0) }
    for index in [199, 7, 42, 0] {
      #expect(generator.scene(at: index) == inOrder[index])
    }
    #expect(Set(inOrder).count == 200)
    #expect(SceneGenerator(seed: 4, split: .train).scene(at: 0) != inOrder[0])
  }

  @Test(arguments: WorldSplit.allCases) func scenesKeepTheRules(split: WorldSplit) {
    let generator = SceneGenerator(seed: 11, split: split)
    var objectCounts = [Int](repeating: 0, count: 5)
    var words = 0
    let scenes = 4000
    for index in 0..<scenes {
      let scene = generator.scene(at: index)
      #expect(scene.split == split)
      objectCounts[scene.objects.count] += 1
      words += scene.word == nil ? 0 : 1
      #expect(Set(scene.objects.map(\.name)).count == scene.objects.count)
      #expect(Set(scene.objects.map(\.patch)).count == scene.objects.count)
      for object in scene.objects {
        #expect(object.x - object.radius >= 0 && object.x + object.radius <= WorldRules.side)
        #expect(object.y - object.radius >= 0 && object.y + object.radius <= WorldRules.side)
        #expect((2...6).contains(object.x % 8) && (2...6).contains(object.y % 8))
      }
    }
    #expect(objectCounts[0] == 0)
    for (count, share) in [(1, 1.0 / 9), (2, 3.0 / 9), (3, 3.0 / 9), (4, 2.0 / 9)] {
      #expect(abs(Double(objectCounts[count]) / Double(scenes) - share) < 0.03)
    }
    #expect((0.5...0.62).contains(Double(words) / Double(scenes)))
  }

  @Test func labelsNameWhatThePatchesShow() {
    let generator = SceneGenerator(seed: 5, split: .train)
    for index in 0..<200 {
      let scene = generator.scene(at: index)
      let labels = PatchLabels(scene)
      #expect(labels.shape.count { $0 > 0 } == scene.objects.count)
      #expect(labels.letter.count { $0 > 0 } == (scene.word == nil ? 0 : 3))
      let picture = Rasteriser.render(scene)
      for object in scene.objects {
        let patch = object.patch
        #expect(labels.shape[patch] == object.shape.rawValue)
        #expect(labels.color[patch] == object.color.rawValue)
        #expect(labels.size[patch] == object.size.rawValue)
        let pixel = (object.y * 96 + object.x) * 3
        let rgb = object.color.rgb
        #expect(Array(picture[pixel..<pixel + 3]) == [rgb.red, rgb.green, rgb.blue])
      }
      if let word = scene.word {
        let letters = labels.letter[word.patch..<word.patch + 3].map { $0 + 96 }
        #expect(String(decoding: letters, as: UTF8.self) == word.text)
      }
    }
  }

  @Test func rendersThousandsOfScenesASecond() {
    let generator = SceneGenerator(seed: 1, split: .train)
    _ = Rasteriser.render(generator.scene(at: 0))
    var sum = 0
    let time = ContinuousClock().measure {
      for index in 0..<3000 {
        let scene = generator.scene(at: index)
        sum += Rasteriser.render(scene).count + PatchLabels(scene).shape.count
      }
    }
    print("3,000 scenes with labels in \(time)")
    let questions = ContinuousClock().measure {
      for index in 0..<3000 { sum += QuestionWriter.questions(generator.scene(at: index), seed: 1).count }
    }
    print("questions of 3,000 scenes in \(questions), \(sum)")
    #expect(time < .seconds(2))
  }
}
