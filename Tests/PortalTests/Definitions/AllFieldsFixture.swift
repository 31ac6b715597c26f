/// A portal and a workshop in which every known field is given a value of its own.
let everyField = """
    apiVersion: training.educates.dev/v1beta1
    kind: TrainingPortal
    metadata:
      name: labs
      annotations: {owner: me}
    spec:
      portal:
        title: Harbour Labs
        logo: data:image/png;base64,AAAA
        labels: [{name: room, value: "1"}, {name: bare}]
        password: tide table
        index: https://www.example.com/labs/?from=portal
        sessions: {maximum: 12, registered: 4, anonymous: 3}
        workshop:
          defaults:
            labels: [{name: level, value: portal}, {name: house, value: portal}]
            capacity: 7
            reserved: 2
            initial: 3
            expires: 60m
            overtime: 10m
            deadline: 2h
            orphaned: 5m
            overdue: 90s
            refresh: 24h
            registry: {host: registry.example.com, namespace: labs}
            env: [{name: COLOUR, value: blue}, {name: SHAPE, value: round}]
        capacity: 1
        initial: 1
        reserved: 1
        expires: 1h
        orphaned: 1h
        theme:
          name: harbour
          frame: {ancestors: ["https://www.example.com", "https://*.example.org:8443", "'self'"]}
        ingress:
          hostname: labs.example.com
          tlsCertificateRef: {name: wildcard, namespace: tls}
        cookies: {domain: example.com}
        registration: {type: anonymous, enabled: true}
        catalog: {visibility: public}
        credentials:
          admin: {username: harbour-master, password: lighthouse-secret}
          robot: {username: crane, password: crane-secret}
        clients:
          robot: {id: crane-client, secret: client-secret}
        updates: {workshop: true}
        launches:
          allowedOrigins: ["https://www.example.com", "http://localhost:8081"]
          perAddressPerMinute: 30
          perVisitorPerMinute: 5
        signIn: {failuresPerAccount: 3, failuresPerAddress: 20, longestWait: 10m}
        oidc:
          issuer: https://login.example.com/realms/main
          clientID: lectern
          clientSecretFile: /run/secrets/oidc
          label: Harbour ID
          scopes: [openid, profile, groups]
          staffClaim: {name: groups, value: trainers}
      workshops:
      - name: shell
        alias: first-steps
        labels: [{name: level, value: entry}]
        capacity: 5
        reserved: 1
        initial: 4
        expires: 45m
        overtime: 6m
        deadline: 50m
        orphaned: 4m
        overdue: 30s
        refresh: 12h
        registry: {host: other.example.com, namespace: shell}
        env: [{name: COLOUR, value: red}]
      - name: shell
      analytics:
        google: {trackingId: G-1}
        clarity: {trackingId: C-1}
        amplitude: {trackingId: A-1}
        webhook: {url: "https://events.example.com/hook"}
        privateHosts: [events.internal, "[fd00::5]"]
    status: {educates: {phase: Running}}
    ---
    apiVersion: training.educates.dev/v1beta1
    kind: Workshop
    metadata:
      name: shell
    spec:
      title: Find your way in a shell
      description: The lamp has gone out.
      url: https://www.example.com/shell
      difficulty: beginner
      duration: 15m
      vendor: Harbour
      authors: [Ann, Bo]
      tags: [shell, files]
      labels: [{name: level, value: workshop}, {name: own, value: workshop}]
      logo: data:image/svg+xml;base64,AAAA
      version: "1.10"
      workshop:
        image: base-environment:latest
        files: &files
        - image: {url: registry.example.com/shell-files}
          path: .
          includePaths: [/workshop/**]
          excludePaths: [/README.md]
          legalPaths: [/LICENSE]
          newRootPath: workshop
        - git:
            url: "https://example.com/a.git"
            ref: origin/main
            skipInitSubmodules: true
            refSelection: {}
            lfsSkipSmudge: true
            secretRef: {name: s}
            verification: {}
        - hg: {url: "https://example.com/b"}
        - http:
            url: "https://example.com/c.tgz"
            sha256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
            disableUnpack: true
            secretRef: {name: s}
        - imgpkgBundle: {image: registry.example.com/bundle}
        - githubRelease: {slug: a/b}
        - helmChart: {name: c}
        - inline: {paths: {a.txt: x}, pathsFrom: []}
        - directory: {path: exercises}
        packages:
        - name: tools
          files: *files
      publish: {image: registry.example.com/shell, files: []}
      images: [{name: web, image: nginx}]
      content: {image: old, files: old}
      session:
        applications:
          workshop:
            enabled: true
            layout: left
            url: https://www.example.com/pages
            proxy:
              protocol: https
              host: pages.example.com
              port: 8443
              headers: [{name: X-Session, value: one}]
              changeOrigin: false
              pathRewrite: [{pattern: ^/a, replacement: /b}]
            path: /srv/pages
            renderer: hugo
          terminal: {enabled: true, layout: split/2}
          editor: {enabled: true, largestFile: 2Mi}
          console: {enabled: true, vendor: kubernetes, octant: {version: "1"}}
          slides: {enabled: true, reveal.js: {version: 5.X}, impress.js: {version: 1.X}}
          examiner: {enabled: true, timeLimit: 20m, concurrent: 6}
          files: {enabled: true, directory: exercises}
          uploads: {enabled: true, directory: incoming, largestFile: 5Mi, mostFiles: 7}
          docker: {enabled: true, memory: 1Gi, storage: 5Gi, socket: {enabled: true}, compose: {services: {}}}
          registry: {enabled: true, memory: 1Gi, storage: 5Gi, volume: {name: v, subPath: p}}
          git: {enabled: true}
          vcluster:
            enabled: true
            version: "1.33"
            resources: {}
            ingress: {enabled: true, subdomains: [default]}
            objects: []
            services: {}
          sshd: {enabled: true, tunnel: {enabled: true, memory: 64Mi}}
          webdav: {enabled: true}
        setup: {timeLimit: 90s}
        env:
        - {name: EDITOR, value: nano}
        - {name: TOKEN, valueFrom: {secretKeyRef: {name: s, key: k}}}
        envFrom: []
        resources: {memory: 768Mi, storage: 2Gi, volume: {name: v, subPath: p}}
        volumes: []
        volumeMounts: []
        initContainers: []
        ingresses:
        - name: web
          authentication: {type: none}
          protocol: https
          host: localhost
          port: 3000
          path: /app
          changeOrigin: false
          secure: false
          headers: [{name: X-Port, value: "3000"}]
          pathRewrite: [{pattern: ^/x, replacement: /y}]
        - name: plain
        dashboards: [{name: Second, url: "terminal:second"}, {name: Editor}]
        namespaces: {role: admin, budget: small, limits: {}, security: {}, secondary: []}
        objects: []
        patches: {}
      environment: {objects: [], secrets: [], assets: {}, images: {}}
      request:
        parameters:
        - {name: FRUIT, value: apple}
        - {name: PIN, generate: expression, from: "[0-9]{4}"}
        objects: []
    """
