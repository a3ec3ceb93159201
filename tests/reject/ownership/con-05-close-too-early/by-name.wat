;; Closed while an answer is due
;; expect: CON_STATE func=9 offset=0x140
;; monitor: MON_STATE
;; contract: block A { x: i32; kid: A; data: u8[]; }
;; contract: block B { must: A!; y: i32; }
;; contract: contract P {
;; contract:   in message Ask(A a);
;; contract:   in message More(B b);
;; contract:   out message Yes(A a);
;; contract:   out message No(i32 why);
;; contract:   state Start: one { Ask? -> Asked; end; }
;; contract:   state Asked: one { Yes! -> Start; No! -> Again; }
;; contract:   state Again: More? -> Start;
;; contract: }
(module
  (import "singula/A" "new" (func $new (param i32) (result externref)))
  (import "singula/P" "imp.connect" (func $connect (param i32 i32) (result externref)))
  (import "singula/P" "imp.send.Ask" (func $ask (param externref externref)))
  (import "singula/P" "imp.close" (func $close (param externref)))
  (import "singula/P" "exp.listen" (func $p.listen (param i32 i32) (result externref)))
  (import "singula/P" "listener.accept" (func $p.accept (param externref) (result externref)))
  (import "singula/P" "listener.close" (func $p.close (param externref)))
  (import "singula/P" "exp.next" (func $p.next (param externref) (result i32)))
  (import "singula/P" "exp.abandon" (func $p.abandon (param externref)))
  (memory 1)
  (data (i32.const 0) "p")
  (func $main (export "main") (local $e externref) 
  (local.set $e (call $connect (i32.const 0) (i32.const 1))) (if (ref.is_null (local.get $e)) (then (return)))
  (call $ask (local.get $e) (call $new (i32.const 0))) (call $close (local.get $e)))
  ;; publishes the name, takes the first client, and closes at its first message
  (func $partner (export "partner") (local $l externref) (local $s externref)
    (local.set $l (call $p.listen (i32.const 0) (i32.const 1)))
    (if (ref.is_null (local.get $l)) (then (return)))
    (local.set $s (call $p.accept (local.get $l)))
    (if (i32.eqz (ref.is_null (local.get $s)))
      (then (drop (call $p.next (local.get $s))) (call $p.abandon (local.get $s))))
    (call $p.close (local.get $l)))
)
