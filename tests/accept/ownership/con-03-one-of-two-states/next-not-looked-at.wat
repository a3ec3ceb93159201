;; As the refused case of this name, but the answer is looked at
;; expect: OK
;; contract: contract Tour capacity 4 {
;; contract:   in message Left();
;; contract:   in message Right();
;; contract:   in message Up();
;; contract:   in message Down();
;; contract:   state Start: one { Left? -> Hill; Right? -> Dale; end; }
;; contract:   state Hill: one { Up? -> Start; end; }
;; contract:   state Dale: one { Down? -> Start; end; }
;; contract: }
(module
  (import "singula/Tour" "channel" (func $Tour.channel (result externref)))
  (import "singula/Tour" "exp.peer" (func $Tour.exp.peer (param externref) (result externref)))
  (import "singula/Tour" "exp.abandon" (func $Tour.exp.abandon (param externref)))
  (import "singula/Tour" "imp.send.Left" (func $Tour.imp.send.Left (param externref)))
  (import "singula/Tour" "imp.send.Up" (func $Tour.imp.send.Up (param externref)))
  (import "singula/Tour" "imp.send.Right" (func $Tour.imp.send.Right (param externref)))
  (import "singula/Tour" "imp.send.Down" (func $Tour.imp.send.Down (param externref)))
  (import "singula/Tour" "imp.abandon" (func $Tour.imp.abandon (param externref)))
  (import "singula/Tour" "exp.next" (func $Tour.exp.next (param externref) (result i32)))
  (import "singula/Tour" "exp.recv.Left" (func $Tour.exp.recv.Left (param externref)))
  (import "singula/Tour" "exp.recv.Right" (func $Tour.exp.recv.Right (param externref)))
  (import "singula/Tour" "exp.recv.Up" (func $Tour.exp.recv.Up (param externref)))
  (import "env" "choose" (func $choose (result i32)))
  (memory 1)
  (func (export "main") (local $s externref) (local $c externref) (local $t i32) (local $u i32)
    (local.set $s (call $Tour.channel))
    (if (ref.is_null (local.get $s)) (then (return)))
    (local.set $c (call $Tour.exp.peer (local.get $s)))
    (if (ref.is_null (local.get $c)) (then (call $Tour.exp.abandon (local.get $s)) (return)))
    (if (call $choose)
      (then
        (call $Tour.imp.send.Left (local.get $c))
        (call $Tour.imp.send.Up (local.get $c)))
      (else
        (call $Tour.imp.send.Right (local.get $c))
        (call $Tour.imp.send.Down (local.get $c))))
    (call $Tour.imp.abandon (local.get $c))
    (local.set $t (call $Tour.exp.next (local.get $s)))
    (if (i32.eq (local.get $t) (i32.const 0))
      (then (call $Tour.exp.recv.Left (local.get $s)))
      (else
        (if (i32.eq (local.get $t) (i32.const -1)) (then (call $Tour.exp.abandon (local.get $s)) (return)))
        (call $Tour.exp.recv.Right (local.get $s))))
    (local.set $u (call $Tour.exp.next (local.get $s)))
    (if (i32.eq (local.get $u) (i32.const 2)) (then (call $Tour.exp.recv.Up (local.get $s))))
    (call $Tour.exp.abandon (local.get $s)))
)
