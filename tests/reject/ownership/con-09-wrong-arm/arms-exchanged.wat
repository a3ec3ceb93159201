;; The arm of No treats it as Yes
;; expect: CON_WRONG_MESSAGE func=18 offset=0x20c
;; monitor: X_WRONG_MESSAGE
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
  (import "singula/A" "free" (func $free (param externref)))
  (import "singula/P" "imp.connect" (func $connect (param i32 i32) (result externref)))
  (import "singula/P" "imp.send.Ask" (func $ask (param externref externref)))
  (import "singula/P" "imp.next" (func $next (param externref) (result i32)))
  (import "singula/P" "imp.recv.Yes" (func $yes (param externref) (result externref)))
  (import "singula/P" "imp.abandon" (func $abandon (param externref)))
  (import "singula/P" "exp.listen" (func $p.listen (param i32 i32) (result externref)))
  (import "singula/P" "listener.accept" (func $p.accept (param externref) (result externref)))
  (import "singula/P" "listener.close" (func $p.close (param externref)))
  (import "singula/P" "exp.next" (func $p.next (param externref) (result i32)))
  (import "singula/P" "exp.abandon" (func $p.abandon (param externref)))
  (import "singula/P" "exp.recv.Ask" (func $p.ask (param externref) (result externref)))
  (import "singula/P" "exp.send.Yes" (func $p.yes (param externref externref)))
  (import "singula/P" "exp.send.No" (func $p.no (param externref i32)))
  (import "singula/A" "new" (func $p.new (param i32) (result externref)))
  (import "singula/A" "free" (func $p.free (param externref)))
  (import "env" "choose" (func $p.choose (result i32)))
  (memory 1)
  (data (i32.const 0) "p")
  (func $main (export "main") (local $e externref) 
  (local.set $e (call $connect (i32.const 0) (i32.const 1))) (if (ref.is_null (local.get $e)) (then (return)))
  (call $ask (local.get $e) (call $new (i32.const 0))) (if (i32.eq (call $next (local.get $e)) (i32.const 3)) (then (call $free (call $yes (local.get $e))))) (call $abandon (local.get $e)))
  ;; publishes the name, takes the first client, answers it one way or the other, and closes at its next message
  (func $partner (export "partner") (local $l externref) (local $s externref)
    (local.set $l (call $p.listen (i32.const 0) (i32.const 1)))
    (if (ref.is_null (local.get $l)) (then (return)))
    (local.set $s (call $p.accept (local.get $l)))
    (if (i32.eqz (ref.is_null (local.get $s)))
      (then
        (if (i32.eqz (call $p.next (local.get $s)))
          (then
            (call $p.free (call $p.ask (local.get $s)))
            (if (call $p.choose)
              (then (call $p.yes (local.get $s) (call $p.new (i32.const 1))) (drop (call $p.next (local.get $s))))
              (else (call $p.no (local.get $s) (i32.const 1)) (drop (call $p.next (local.get $s)))))))
        (call $p.abandon (local.get $s))))
    (call $p.close (local.get $l)))
)
