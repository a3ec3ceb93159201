;; The linker joined two texts, and the second has the mistake
;; expect: CON_NONDETERMINISTIC offset=0x1b7
;; monitor: - a module whose contract is refused cannot be loaded
;; contract: block Note { text: u8[]; }
;; contract-end:
;; contract: contract Post {
;; contract:   out message Letter(Note note);
;; contract:   state Open: one { Letter! -> Open; Letter! -> end; end; }
;; contract: }
(module
  (import "singula/Post" "channel" (func $Post.channel (result externref)))
  (import "singula/Post" "exp.peer" (func $Post.exp.peer (param externref) (result externref)))
  (import "singula/Post" "exp.abandon" (func $Post.exp.abandon (param externref)))
  (import "singula/Post" "imp.abandon" (func $Post.imp.abandon (param externref)))
  (func $main (export "main") (local $s externref) (local $c externref)
    (local.set $s (call $Post.channel))
    (if (ref.is_null (local.get $s)) (then (return)))
    (local.set $c (call $Post.exp.peer (local.get $s)))
    (if (ref.is_null (local.get $c)) (then (call $Post.exp.abandon (local.get $s)) (return)))
    (call $Post.imp.abandon (local.get $c))
    (call $Post.exp.abandon (local.get $s))))
