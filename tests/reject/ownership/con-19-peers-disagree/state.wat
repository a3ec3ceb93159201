;; The second version has one more transition
;; expect: CON_DUPLICATE offset=0x21d
;; monitor: - a module whose contract is refused cannot be loaded
;; contract: block Note { text: u8[]; }
;; contract: contract Post {
;; contract:   in message Ask(u32 box);
;; contract:   out message Letter(Note note);
;; contract:   state Open: one { Ask? -> Busy; end; }
;; contract:   state Busy: Letter! -> Open;
;; contract: }
;; contract-end:
;; contract: block Note { text: u8[]; }
;; contract: contract Post {
;; contract:   in message Ask(u32 box);
;; contract:   in message Ask2();
;; contract:   out message Letter(Note note);
;; contract:   state Open: one { Ask? -> Busy; Ask2? -> Busy; end; }
;; contract:   state Busy: Letter! -> Open;
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
