internal import Platform

/// The workshop that `lectern new` writes: small, complete, and made to be changed.
enum StarterWorkshop {
    static func files(name: WorkshopName, title: String) -> WorkshopFiles {
        var files = WorkshopFiles()
        files.add("resources/workshop.yaml", definition(name, title))
        files.add("resources/solutions/letter-has-an-answer.sh", solution, isExecutable: true)
        files.add("workshop/content/01-welcome.md", welcome)
        files.add("workshop/content/02-answer.md", answer)
        files.add("workshop/content/03-goodbye.md", goodbye)
        files.add("workshop/examiner/tests/letter-has-an-answer", check, isExecutable: true)
        files.add("letters/from-the-lighthouse.txt", letter)
        return files
    }

    /// A text of one line as YAML has it in any case.
    static func quoted(_ text: String) -> String { JSONText.quoted(text) }

    private static func definition(_ name: WorkshopName, _ title: String) -> String {
        """
        # What the workshop is, and what a session of it needs. All fields: Documentation/configuration.md
        apiVersion: training.educates.dev/v1beta1
        kind: Workshop
        metadata:
          name: \(name)
        spec:
          title: \(quoted(title))
          description: Answer a letter from a lighthouse, and have the answer checked.
          difficulty: beginner
          duration: 10m
          session:
            applications:
              terminal:
                enabled: true
                layout: default
              examiner:
                enabled: true

        """
    }

    private static let welcome = """
        ---
        title: A letter has come
        weight: 10
        ---

        Welcome to **{{< param workshop_title >}}**. The terminal beside this page is yours: nobody else is in there, and
        nothing can break that you will need later.

        Begin by looking around. A click on the button runs the command; whoever prefers to type may do so.

        ```execute
        ls letters
        ```

        Somebody has written to you. Read it:

        ```execute
        cat letters/from-the-lighthouse.txt
        ```

        """

    private static let answer = """
        ---
        title: The answer
        weight: 20
        ---

        The keeper asks how many lines the letter has. There is a program that counts them:

        ```execute
        wc -l letters/from-the-lighthouse.txt
        ```

        Now it is your turn. **Write that number into the file `letters/answer.txt`.** One way is to let the shell write
        what a command says:

        ```copy
        wc -l < letters/from-the-lighthouse.txt > letters/answer.txt
        ```

        When you think that it is done, have it checked:

        ```examiner:execute-test
        name: letter-has-an-answer
        title: Is the answer right?
        timeout: 5
        ```

        {{< note >}}
        The check is a program, `workshop/examiner/tests/letter-has-an-answer`. What it says is what you read when it fails.
        {{< /note >}}

        """

    private static let goodbye = """
        ---
        title: Until the next letter
        weight: 30
        ---

        You have read a file, counted its lines, and written a file of your own:

        ```execute
        ls -l letters
        ```

        That is all. The lab and everything in it vanishes when you end it.

        """

    private static let letter = """
        Dear friend,

        the lamp turns, the sea is calm, and I have time to count.
        Tell me: how many lines has this letter?

        Your keeper of the lighthouse

        """

    private static let check = """
        #!/bin/bash
        # Succeeds when the learner has answered. What it prints is shown beside the step.
        cd || exit 1
        if [ ! -e letters/answer.txt ]; then
            echo "There is no file letters/answer.txt yet."
            exit 1
        fi
        wanted=$(wc -l < letters/from-the-lighthouse.txt)
        given=$(tr -d '[:space:]' < letters/answer.txt)
        if [ "$given" != "$wanted" ]; then
            echo "letters/answer.txt says \\"$given\\", which is not the number of lines."
            exit 1
        fi
        echo "The keeper is happy: $wanted lines it is."

        """

    private static let solution = """
        #!/bin/bash
        # What a learner does before the check of the same name. `lectern test` runs it; no session ever sees it.
        wc -l < letters/from-the-lighthouse.txt > letters/answer.txt

        """
}
