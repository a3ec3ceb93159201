;; Each of two endpoints can get into the queue of the other
;; expect: CON_SELF_QUEUE offset=0x152
;; monitor: - a module whose contract is refused cannot be loaded
;; contract: contract Cat {
;; contract:   in message Give(exp Dog:Sit dog);
;; contract:   state Sit: one { Give? -> end; end; }
;; contract: }
;; contract: contract Dog {
;; contract:   in message Give(exp Cat:Sit cat);
;; contract:   state Sit: one { Give? -> end; end; }
;; contract: }
(module
  (import "singula/Cat" "channel" (func $Cat.channel (result externref)))
  (import "singula/Cat" "exp.peer" (func $Cat.exp.peer (param externref) (result externref)))
  (import "singula/Cat" "exp.abandon" (func $Cat.exp.abandon (param externref)))
  (import "singula/Cat" "imp.abandon" (func $Cat.imp.abandon (param externref)))
  (func $main (export "main") (local $s externref) (local $c externref)
    (local.set $s (call $Cat.channel))
    (if (ref.is_null (local.get $s)) (then (return)))
    (local.set $c (call $Cat.exp.peer (local.get $s)))
    (if (ref.is_null (local.get $c)) (then (call $Cat.exp.abandon (local.get $s)) (return)))
    (call $Cat.imp.abandon (local.get $c))
    (call $Cat.exp.abandon (local.get $s))))
